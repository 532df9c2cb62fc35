import '../json-parse.ts';
import { parentPort } from 'node:worker_threads';
import type { Spec } from './spec.ts';
import { textWidth } from './text-width.ts';
import {
  type Config,
  compile,
  expressionInterpreter,
  loader,
  None,
  parse,
  resetSVGDefIds,
  type TopLevelSpec,
  textMetrics,
  View,
} from './vega.ts';

/** Told of a spec, answers its picture: one at a time. */
export interface Drawn {
  svg?: string;
  error?: string;
}

const silent = {
  level: () => silent,
  error: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
};

/** Data are inline: whatever a spec names that would be loaded is refused. */
const refused = () => Promise.reject(new Error('nothing is loaded here'));
const nothing = Object.assign(loader(), { load: refused, sanitize: refused, http: refused, file: refused });

textMetrics.width = (item, text) =>
  textWidth(String(text ?? ''), item.fontSize ?? 11, item.fontWeight === 'bold' || Number(item.fontWeight) >= 600);

async function draw(spec: Spec): Promise<string> {
  // The same spec gives the same bytes, whatever was drawn before.
  resetSVGDefIds();
  const { spec: vega } = compile(spec as unknown as TopLevelSpec, { logger: silent as never });
  // Expressions are walked as trees, and nothing is made into code.
  const runtime = parse(vega, undefined as unknown as Config, { ast: true });
  const view = new View(runtime, { expr: expressionInterpreter, loader: nothing, renderer: 'none', logLevel: None });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The first picture takes three times as long as one after it. This one is drawn while what is to be drawn is still read. */
const FIRST = {
  data: { values: [1, 2].map((x) => ({ x, y: x, of: 'a' })) },
  encoding: {
    x: { field: 'x', type: 'quantitative' },
    y: { field: 'y', type: 'quantitative' },
    color: { field: 'of', type: 'nominal' },
  },
  layer: [{ mark: 'line' }, { mark: 'point' }],
};

const ready = draw(FIRST).catch(() => {});

parentPort?.on('message', async (spec: Spec) => {
  await ready;
  draw(spec).then(
    (svg) => parentPort?.postMessage({ svg } satisfies Drawn),
    (error) =>
      parentPort?.postMessage({ error: String(error instanceof Error ? error.message : error) } satisfies Drawn),
  );
});
