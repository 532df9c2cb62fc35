import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Tests that use the shim are skipped where it cannot be built; their titles say "(needs gcc)". */
export const mayBuild = usesGlibc() && spawnSync('gcc', ['--version']).status === 0;

/** Other C libraries have not the same names for the same calls. */
function usesGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}

/** The kinds of calls, in the order of `enum kind` in shim.c. */
const KINDS = ['create', 'write', 'sync', 'truncate', 'rename', 'unlink', 'mkdir', 'close', 'touch'] as const;
export type Kind = (typeof KINDS)[number];
/** The calls that need space. */
export const TAKES_SPACE: readonly Kind[] = ['create', 'write', 'truncate', 'rename', 'mkdir'];
export const ALL_KINDS: readonly Kind[] = KINDS;

export interface Fault {
  kinds: readonly Kind[];
  /** What the call reports; `kill` ends the process there, half of the bytes written. */
  error: 'ENOSPC' | 'EIO' | 'kill';
  /** Which call fails, from 1. */
  at: number;
  /** All calls after it fail as well, until `disarm`. */
  lasting?: boolean;
}

/** What was counted since the shim was armed, and the first call that was made to fail. */
export interface Seen {
  calls: number;
  failed: string | undefined;
}

/** A shim over one folder. A server that is started with `env` feels what is armed here, at once. */
export interface Shim {
  env: Record<string, string>;
  /** What a disk would hold after a power cut, see `power-cut.ts`. */
  disk: string;
  arm(fault: Fault): void;
  /** Lets everything pass again, and says what happened since `arm`. */
  disarm(): Seen;
  /** Moves the wall clock of the server, in milliseconds from the true time. */
  moveClock(ms: number): void;
  remove(): void;
}

const SIZE = 264;
const FIRST_AT = 32;

/** Builds the shim for this folder. With `powerCuts`, every sync is copied to `disk`. */
export function openShim(under: string, { powerCuts = false } = {}): Shim {
  const folder = mkdtempSync(join(tmpdir(), 'assayer-shim-'));
  const library = join(folder, 'shim.so');
  const source = fileURLToPath(new URL('shim.c', import.meta.url));
  execFileSync('gcc', ['-O1', '-Wall', '-shared', '-fPIC', '-o', library, source, '-ldl', '-lpthread']);
  const disk = join(folder, 'disk');
  for (const part of ['files', 'folders']) mkdirSync(join(disk, part), { recursive: true });
  const control = join(folder, 'control');
  const file = openSync(control, 'w+', 0o600);
  writeSync(file, Buffer.alloc(SIZE));

  const fields = (kinds: readonly Kind[], error: number, at: number, lasting: boolean) => {
    const bytes = Buffer.alloc(24);
    const mask = kinds.reduce((sum, kind) => sum | (1 << KINDS.indexOf(kind)), 0);
    for (const [i, value] of [mask, error, at, Number(lasting), 0, 0].entries()) bytes.writeInt32LE(value, i * 4);
    return bytes;
  };
  return {
    env: {
      LD_PRELOAD: library,
      SHIM_CONTROL: control,
      SHIM_UNDER: under,
      ...(powerCuts && { SHIM_DISK: disk }),
    },
    disk,
    arm({ kinds, error, at, lasting = false }) {
      writeSync(file, fields(kinds, error === 'kill' ? 0 : constants.errno[error], at, lasting), 0, 24, 0);
    },
    disarm() {
      const bytes = Buffer.alloc(SIZE);
      readSync(file, bytes, 0, SIZE, 0);
      writeSync(file, fields([], 0, 0, false), 0, 24, 0);
      const first = bytes.toString('utf8', FIRST_AT, bytes.indexOf(0, FIRST_AT));
      return { calls: bytes.readInt32LE(16), failed: bytes.readInt32LE(20) > 0 ? first : undefined };
    },
    moveClock(ms) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(ms));
      writeSync(file, bytes, 0, 8, 24);
    },
    remove() {
      closeSync(file);
      rmSync(folder, { recursive: true });
    },
  };
}
