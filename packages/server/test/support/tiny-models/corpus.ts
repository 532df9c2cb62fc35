import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Expected {
  format: string;
  verdict: string;
}

export interface Corpus {
  folder: string;
  /** kind (`clean`, `hostile`) → file name → what an inspector must say. */
  expected: Record<string, Record<string, Expected>>;
  /** A hostile command in the corpus would create this file. */
  marker: string;
  read(kind: string, name: string): Uint8Array;
  remove(): void;
}

/** The Python that has scikit-learn, joblib, onnx, skl2onnx and safetensors. Tests fail without it, rather than skip. */
export function python(): string {
  const local = fileURLToPath(new URL('../../../../../.venv/bin/python', import.meta.url));
  const found = process.env.ASSAYER_PYTHON ?? local;
  if (!existsSync(found)) {
    throw new Error(
      `No Python at ${found}: set ASSAYER_PYTHON, or make .venv with scikit-learn, joblib, onnx, skl2onnx and safetensors`,
    );
  }
  return found;
}

/** Builds the corpus of tiny models with the real libraries, in a temporary folder. */
export function makeCorpus(): Corpus {
  const folder = mkdtempSync(join(tmpdir(), 'assayer-corpus-'));
  const script = fileURLToPath(new URL('./make.py', import.meta.url));
  execFileSync(python(), [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    folder,
    expected: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')),
    marker: join(folder, 'EXECUTED'),
    read: (kind, name) => readFileSync(join(folder, kind, name)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
