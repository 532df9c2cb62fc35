/** One answer as it came over the wire. */
export interface Answer {
  status: number;
  /** Lower-case names; of several the last. */
  headers: Record<string, string>;
  body: Buffer;
  /** False where the connection ended before the answer did. */
  whole: boolean;
}

const BRACE = 0x7b;
const HEAD = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n/;

/**
 * Splits what came into answers; `isBodiless` says of the nth whether it answers HEAD. Throws where the bytes are not
 * HTTP/1.1 as a strict reader takes it.
 */
export function answersIn(bytes: Buffer, isBodiless: (index: number) => boolean): Answer[] {
  const answers: Answer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const [head, status, lines] = HEAD.exec(rest.subarray(0, 65_536).toString('latin1')) ?? [];
    if (head === undefined) {
      if (rest.includes('\r\n\r\n'))
        throw new Error(`not the head of an answer: ${rest.subarray(0, 200).toString('latin1')}`);
      return [...answers, { status: 0, headers: {}, body: rest, whole: false }];
    }
    const headers = Object.fromEntries(lines!.split('\r\n').slice(0, -1).map(pair));
    rest = rest.subarray(head.length);
    if (status === '100') continue;
    const answer = { status: Number(status), headers };
    // What is no HTTP any more is refused with a body, whatever it began with.
    const isHead = isBodiless(answers.length) && !(headers.connection === 'close' && rest[0] === BRACE);
    const bodiless = isHead || status === '204' || status === '304';
    const { body, left } = bodiless ? { body: Buffer.alloc(0), left: rest } : bodyOf(headers, rest);
    answers.push({ ...answer, body: body ?? rest, whole: body !== undefined });
    rest = left;
  }
  return answers;
}

function pair(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

interface Cut {
  body: Buffer | undefined;
  left: Buffer;
}

function bodyOf(headers: Record<string, string>, rest: Buffer): Cut {
  const nothing = Buffer.alloc(0);
  if (headers['transfer-encoding'] === 'chunked') return chunksOf(rest);
  const length = headers['content-length'];
  if (length === undefined) return { body: rest, left: nothing }; // until the connection closes
  if (rest.length < Number(length)) return { body: undefined, left: nothing };
  return { body: rest.subarray(0, Number(length)), left: rest.subarray(Number(length)) };
}

function chunksOf(bytes: Buffer): Cut {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (end !== -1 && !(size >= 0)) throw new Error('not the size of a chunk');
    if (end === -1 || end + 2 + size + 2 > bytes.length) return { body: undefined, left: Buffer.alloc(0) };
    if (size === 0) return { body: Buffer.concat(chunks), left: bytes.subarray(end + 4) };
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
