import { linesOf } from '../events/lines.ts';

/** A file of a pack that cannot be read as what it is. */
export class Unreadable extends Error {}

/** Longer lines are not read. */
const LONGEST = 64 * 1024 * 1024;

/** A JSON array with one item on each line, so that neither who writes nor who reads it holds more than one. */
export async function* toItems(items: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let lead = '[\n';
  for await (const item of items) {
    yield Buffer.from(lead + item);
    lead = ',\n';
  }
  yield Buffer.from(lead === '[\n' ? '[\n]\n' : '\n]\n');
}

/** The items of such an array, as they are written. */
export async function* itemsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const lines = textLines(chunks);
  if ((await lines.next()).value !== '[') throw new Unreadable('does not begin with [ on a line of its own');
  let item: string | undefined;
  for await (const line of lines) {
    if (item === ']') throw new Unreadable('goes on after its end');
    if (item !== undefined) {
      const ends = line === ']';
      if (item.endsWith(',') === ends) throw new Unreadable('is not one item on each line');
      yield ends ? item : item.slice(0, -1);
    }
    item = line;
  }
  if (item !== ']') throw new Unreadable('does not end with ] on a line of its own');
}

/** Lines as text; what is not UTF-8 is refused. */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const line of byteLines(chunks)) yield toText(line);
}

export async function* byteLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield* linesOf(withBound(chunks));
}

async function* withBound(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let open = 0;
  for await (const chunk of chunks) {
    const first = chunk.indexOf(10);
    open += first === -1 ? chunk.length : first;
    if (open > LONGEST) throw new Unreadable(`has a line of more than ${LONGEST} bytes`);
    if (first !== -1) open = chunk.length - chunk.lastIndexOf(10) - 1;
    yield chunk;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function toText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unreadable('is not UTF-8');
  }
}
