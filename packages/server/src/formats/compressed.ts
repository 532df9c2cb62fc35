import type { Inspection } from '../contract/artifact.ts';
import type { ByteSource } from './byte-source.ts';
import type { Compression } from './compression.ts';
import { isPickleLike, readPickles } from './pickle/inspect-pickle.ts';
import { Reader } from './reader.ts';
import type { Report } from './report.ts';
import { type Unpacking, unpackGzip, unpackZlib } from './unpack.ts';
import { Malformed, TooMuch } from './unreadable.ts';

/**
 * A compressed file is most often a joblib dump. zlib and gzip are read through a counter; the others are told and
 * left unread, which is never clean.
 */
export function inspectCompressed(
  source: ByteSource,
  compression: Compression,
  report: Report,
): Pick<Inspection, 'format' | 'facts'> {
  if (compression !== 'zlib' && compression !== 'gzip') {
    report.unread('joblib.not-inspected', 'file', `is compressed by ${compression}, which is not inspected`);
    return { format: 'joblib', facts: { compression } };
  }
  try {
    return inspectInflated(source, compression, report);
  } catch (err) {
    if (!(err instanceof Malformed || err instanceof TooMuch)) throw err;
    // Bytes that merely begin like compressed ones are no fault; what it is stays unknown.
    if (err instanceof Malformed) report.unread('compressed.damaged', 'file', `cannot be inflated: ${err.message}`);
    else report.unread('compressed.not-read', 'file', `not read to the end: ${err.message}`);
    return { format: 'unknown', facts: { compression } };
  }
}

function open(source: ByteSource, compression: 'zlib' | 'gzip'): Unpacking {
  return compression === 'zlib' ? unpackZlib(source) : unpackGzip(source);
}

function inspectInflated(
  source: ByteSource,
  compression: 'zlib' | 'gzip',
  report: Report,
): Pick<Inspection, 'format' | 'facts'> {
  const head = Uint8Array.from(new Reader(open(source, compression).stream).some());
  const unpacking = open(source, compression);
  const reading = isPickleLike(head) ? readPickles(unpacking.stream, { prefix: 'inflated ' }) : undefined;
  if (!reading || !(reading.whole || reading.evident)) {
    const { stopped } = reading ?? {};
    if (stopped === undefined)
      report.unread('compressed.content', 'file', 'holds compressed content that is no pickle');
    else report.unread('compressed.not-read', 'file', `not read to the end: ${stopped}`);
    return { format: 'unknown', facts: { compression } };
  }
  report.merge(reading.report);
  try {
    if (reading.whole) unpacking.end();
  } catch (err) {
    if (!(err instanceof Malformed)) throw err;
    report.add('malformed', 'compressed.end', 'file', err.message);
  }
  return { format: 'joblib', facts: { compression, ...reading.facts } };
}
