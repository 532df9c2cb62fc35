import { within } from './within.ts';

const READ_MS = 2_000;

export type Labels = Readonly<Record<string, string>>;

/** Whoever counts adds to it. */
export interface Counter {
  value: number;
}

export interface Histogram {
  observe(value: number): void;
}

export interface Sample {
  labels?: Labels;
  value: number;
}

/** Numbers at the moment of the scrape. One that cannot be had is left out of the answer. */
export type ReadGauge = () => number | undefined | Sample[] | Promise<number | undefined | Sample[]>;

export type Exposition = ReturnType<typeof createExposition>;

/**
 * Metrics, and their text for Prometheus (exposition format 0.0.4). Label sets are made once, so that counting is an
 * addition: whoever asks for a counter or histogram keeps it.
 */
export function createExposition() {
  const families: (() => Promise<string>)[] = [];

  function family(name: string, type: string, help: string, lines: () => string[] | Promise<string[]>): void {
    const head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
    families.push(async () => {
      const all = await lines();
      return all.length === 0 ? '' : `${head}${all.join('\n')}\n`;
    });
  }

  return {
    /** Makes counters of one name; those that never counted are shown too. */
    counter(name: string, help: string): (labels?: Labels) => Counter {
      const made: { text: string; counter: Counter }[] = [];
      family(name, 'counter', help, () => made.map(({ text, counter }) => `${name}${text} ${counter.value}`));
      return (labels = {}) => {
        const counter = { value: 0 };
        made.push({ text: textOf(labels), counter });
        return counter;
      };
    },

    gauge: (name: string, help: string, read: ReadGauge) => family(name, 'gauge', help, () => samples(name, read)),
    /** A counter that something else keeps. */
    total: (name: string, help: string, read: ReadGauge) => family(name, 'counter', help, () => samples(name, read)),

    /** Makes histograms of one name with these upper bounds; those that saw nothing are left out. */
    histogram(name: string, help: string, bounds: readonly number[]): (labels?: Labels) => Histogram {
      const made: (() => string[])[] = [];
      family(name, 'histogram', help, () => made.flatMap((lines) => lines()));
      return (labels = {}) => {
        const counts = new Array<number>(bounds.length + 1).fill(0);
        let sum = 0;
        made.push(() => linesOf(name, labels, bounds, counts, sum));
        return {
          observe(value) {
            let i = 0;
            while (i < bounds.length && value > (bounds[i] as number)) i += 1;
            counts[i] = (counts[i] as number) + 1;
            sum += value;
          },
        };
      };
    },

    async text(): Promise<string> {
      return (await Promise.all(families.map((lines) => lines()))).join('');
    },
  };
}

async function samples(name: string, read: ReadGauge): Promise<string[]> {
  // What cannot be had now, a database that is away say, is left out: that is how an absence shows in Prometheus.
  const asked = (async () => read())().catch(() => undefined);
  const got = await within(asked, READ_MS, undefined);
  if (got === undefined) return [];
  if (typeof got === 'number') return [`${name} ${got}`];
  return got.map(({ labels = {}, value }) => `${name}${textOf(labels)} ${value}`);
}

function linesOf(name: string, labels: Labels, bounds: readonly number[], counts: readonly number[], sum: number) {
  let total = 0;
  const lines = counts.map((count, i) => {
    total += count;
    return `${name}_bucket${textOf({ ...labels, le: i < bounds.length ? String(bounds[i]) : '+Inf' })} ${total}`;
  });
  if (total === 0) return [];
  return [...lines, `${name}_sum${textOf(labels)} ${sum}`, `${name}_count${textOf(labels)} ${total}`];
}

function textOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
