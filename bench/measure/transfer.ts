import { CACHE } from '../installation/cache.ts';
import type { Outcome } from '../load/job.ts';
import type { Generator } from '../load/start.ts';
import { nameOf } from '../seed/shape.ts';
import { askJson } from './ask.ts';
import type { Bench } from './call.ts';
import { carryFile } from './carry.ts';
import type { Haul } from './haul.ts';
import { median } from './median.ts';
import { writePlainFiles } from './plain-file.ts';

const READERS = 8;

/** An artifact of so many bytes up and down again, and up while `readers` reads one model after the other. */
export async function measureTransfers(bench: Bench, readers: Generator, bytes: number): Promise<Haul[]> {
  const { database, ground } = bench;
  const plain = writePlainFiles(CACHE, { database, versions: ground.shape.versions }, bytes);
  const uploads: Haul[] = [];
  const downloads: Haul[] = [];
  for (let i = 0; i < bench.rounds; i += 1) {
    const path = await newSlot(bench);
    const up = await carry(bench, 'upload', path, bytes);
    uploads.push(up.haul);
    const down = await carry(bench, 'download', path, bytes);
    if (down.sha256 !== up.sha256) trouble(down.haul, `${path} did not come back as it was sent`);
    downloads.push(down.haul);
  }
  return [...plain, middleOf(uploads), middleOf(downloads), await besideReads(bench, readers, bytes)];
}

async function besideReads(bench: Bench, readers: Generator, bytes: number): Promise<Haul> {
  const { ground, server } = bench;
  const path = await newSlot(bench);
  const job = { kind: 'call', port: server.port, call: 'get-model', ground, clients: READERS, from: 0 } as const;
  const reading: Promise<Outcome> = readers.call({ ...job, ms: 600_000 });
  const { haul } = await carry(bench, 'upload', path, bytes);
  readers.cut();
  const { p50, p99, answers, errors, troubles } = await reading;
  return {
    ...haul,
    haul: 'upload beside reads',
    readP50: p50,
    readP99: p99,
    reads: answers,
    errors: haul.errors + errors,
    troubles: [...haul.troubles, ...troubles],
  };
}

async function carry(bench: Bench, kind: 'upload' | 'download', path: string, bytes: number) {
  const { database, ground } = bench;
  const { sha256, ...carried } = await carryFile(bench.generator, bench.server, kind, path, bytes);
  const haul: Haul = { haul: kind, database, versions: ground.shape.versions, ...carried, errors: 0, troubles: [] };
  return { haul, sha256 };
}

/** The path of an artifact that is not there yet, of a version made for it. */
async function newSlot({ server }: Bench): Promise<string> {
  const versions = `/api/v1/models/${nameOf(0)}/versions`;
  const { number } = await askJson<{ number: number }>(server.port, { method: 'POST', path: versions, body: {} });
  return `${versions}/${number}/artifacts/weights.bin`;
}

function trouble(haul: Haul, words: string): void {
  haul.errors += 1;
  haul.troubles.push(words);
}

/** Medians of the times, and the worst of the memory. */
function middleOf(hauls: readonly Haul[]): Haul {
  return {
    ...(hauls[0] as Haul),
    seconds: median(hauls.map((haul) => haul.seconds)),
    cpuSeconds: median(hauls.map((haul) => haul.cpuSeconds)),
    growthBytes: Math.max(...hauls.map((haul) => haul.growthBytes as number)),
    errors: hauls.reduce((sum, haul) => sum + haul.errors, 0),
    troubles: hauls.flatMap((haul) => haul.troubles),
  };
}
