import '../json-parse.ts';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { fileSource } from './byte-source.ts';
import { inspect } from './inspect.ts';

/** One file at a time: the inspector asks for the next when it has the answer. */
parentPort?.on('message', ({ file, path }: { file: string; path: string }) => {
  const fd = openSync(file, 'r');
  try {
    parentPort?.postMessage(inspect(fileSource(fd, fstatSync(fd).size), path));
  } finally {
    closeSync(fd);
  }
});
