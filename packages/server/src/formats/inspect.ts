import type { Inspection } from '../contract/artifact.ts';
import type { ByteSource } from './byte-source.ts';
import { inspectCompressed } from './compressed.ts';
import { compressionOf } from './compression.ts';
import { boundFacts } from './facts.ts';
import { mediaTypeOf, TEXT_LOOK } from './media-type.ts';
import { readNpy, startsNpy } from './numpy/npy.ts';
import { inspectOnnx, looksLikeOnnx } from './onnx/inspect-onnx.ts';
import { isPickleLike, readPickles } from './pickle/inspect-pickle.ts';
import { inspectText } from './plain-text.ts';
import { Reader, streamOf } from './reader.ts';
import { Report } from './report.ts';
import { RULES_VERSION } from './rules-version.ts';
import { inspectSafetensors, startsSafetensors } from './safetensors.ts';
import { findEnd } from './zip/directory.ts';
import { inspectZip } from './zip/inspect-zip.ts';

export { RULES_VERSION };

type Told = Pick<Inspection, 'format' | 'facts' | 'signature'>;

const TEXTS = new Set(['mlmodel', 'conda-env', 'python-env', 'requirements']);
const ARCHIVES = new Set(['zip', 'npz', 'skops']);

/**
 * Says what a file is and holds, from its bytes alone and without running any of it. Work and memory are bounded, and
 * hostile bytes are findings, not exceptions. The path is the artifact's; the format never depends on it.
 */
export function inspect(source: ByteSource, _path: string): Inspection {
  const report = new Report();
  const head = Uint8Array.from(source.read(0, 4096));
  const told = tell(source, head, report);
  let mediaType = 'application/octet-stream';
  if (told.format === 'unknown') {
    mediaType = mediaTypeOf(source.read(0, TEXT_LOOK), source.size);
    report.unread('format.unknown', 'file', source.size === 0 ? 'is empty' : 'is in no format that is inspected');
  } else if (told.format === 'json') mediaType = 'application/json';
  else if (TEXTS.has(told.format)) mediaType = 'text/plain; charset=utf-8';
  else if (ARCHIVES.has(told.format)) mediaType = 'application/zip';
  return {
    format: told.format,
    media_type: mediaType,
    facts: boundFacts(told.facts),
    findings: report.findings,
    verdict: report.verdict(),
    rules_version: RULES_VERSION,
    ...(told.signature && { signature: told.signature }),
  };
}

function tell(source: ByteSource, head: Uint8Array, report: Report): Told {
  if (starts(head, 'PK\x03\x04') || starts(head, 'PK\x05\x06')) return inspectZip(source, report);
  const told = tellPlain(source, head, report);
  // Readers of zip archives look at the end of a file, all others at its beginning.
  if (source.size > 22 && hasArchive(source)) {
    if (told.format === 'unknown') return inspectZip(source, report);
    report.add('malformed', 'zip.appended', 'end of file', 'has a zip archive appended to it');
  }
  return told;
}

function tellPlain(source: ByteSource, head: Uint8Array, report: Report): Told {
  if (startsSafetensors(head)) {
    // The length that opens such a file may be an opcode as well, and the rest of the program lie among the tensors.
    if (tellPickle(source, head, report)) report.add('malformed', 'format.two', 'file', 'reads as a pickle as well');
    return inspectSafetensors(source, report);
  }
  if (startsNpy(head)) {
    const arrays = readNpy(new Reader(streamOf(source)), report, '');
    return {
      format: 'npy',
      facts: { arrays: arrays.length === 1 ? arrays : arrays.slice(0, 100), array_count: arrays.length },
    };
  }
  const pickle = tellPickle(source, head, report);
  const compression = compressionOf(head);
  if (compression) {
    const told = inspectCompressed(source, compression, report);
    if (told.format !== 'unknown') return told;
  }
  if (pickle) return pickle;
  if (looksLikeOnnx(source)) return inspectOnnx(source, report);
  const text = compression ? undefined : inspectText(source, head, report);
  if (text) return text;
  return { format: 'unknown', facts: compression ? { compression } : {} };
}

/**
 * Any bytes may begin like a pickle. They are one when they read as such to the end, or when a loader would import and
 * call something before it fails.
 */
function tellPickle(source: ByteSource, head: Uint8Array, report: Report): Told | undefined {
  if (!isPickleLike(head)) return undefined;
  const reading = readPickles(streamOf(source));
  const marked = head[0] === 0x80 && Number(reading.facts.opcodes) > 2;
  if (!reading.whole && !reading.evident && !marked) return undefined;
  report.merge(reading.report);
  return { format: reading.format, facts: reading.facts };
}

function starts(head: Uint8Array, mark: string): boolean {
  return [...mark].every((c, i) => head[i] === c.charCodeAt(0));
}

function hasArchive(source: ByteSource): boolean {
  try {
    const end = findEnd(source);
    return end !== undefined && end.members > 0 && source.read(end.at - end.size, 2).join() === '80,75';
  } catch {
    return true;
  }
}
