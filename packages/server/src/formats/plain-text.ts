import type { Inspection } from '../contract/artifact.ts';
import type { ByteSource } from './byte-source.ts';
import { tellEnvironment, tellRequirements } from './environment.ts';
import { inspectMlmodel, isMlmodel, looksLikeMlmodel, MLMODEL_BYTES, tellMlmodel } from './mlmodel.ts';
import { printable, type Report } from './report.ts';

type Told = Pick<Inspection, 'format' | 'facts' | 'signature'>;

/** A longer JSON text is not read. */
const JSON_BYTES = 8 * 1_048_576;
const DEEPEST = 64;

/**
 * Texts that are data to whatever reads them, and nothing else: JSON, and the descriptions that MLflow writes beside a
 * model. Undefined for every other text, such as prose and programs, of which nothing is known.
 */
export function inspectText(source: ByteSource, head: Uint8Array, report: Report): Told | undefined {
  const first = head.find((byte) => byte > 0x20);
  const json = first === 0x7b || first === 0x5b;
  if (first === undefined || head.includes(0) || source.size > (json ? JSON_BYTES : MLMODEL_BYTES)) return undefined;
  const text = decode(source);
  if (text === undefined) return undefined;
  if (json) return inspectJson(text, report);
  if (looksLikeMlmodel(text)) return inspectMlmodel(text, report);
  return tellEnvironment(text) ?? tellRequirements(text);
}

/** UTF-8 without control characters; undefined for what is not. */
function decode(source: ByteSource): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source.read(0, source.size));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    return /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function inspectJson(text: string, report: Report): Told | undefined {
  if (depthOf(text) > DEEPEST) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // MLflow reads its description as YAML, of which JSON is a part.
  if (!Array.isArray(value) && isMlmodel(value)) {
    const plain = JSON.parse(text, (_, item) =>
      typeof item === 'number' || typeof item === 'boolean' ? `${item}` : item,
    );
    return tellMlmodel(plain, report);
  }
  const facts = Array.isArray(value)
    ? { kind: 'array', items: value.length }
    : {
        kind: 'object',
        keys: Object.keys(value as object)
          .slice(0, 50)
          .map((key) => printable(key, 100)),
      };
  return { format: 'json', facts };
}

/** How deep its brackets go, outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      for (i += 1; i < text.length && text.charCodeAt(i) !== 0x22; i += 1) if (text.charCodeAt(i) === 0x5c) i += 1;
    } else if (c === 0x5b || c === 0x7b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (c === 0x5d || c === 0x7d) depth -= 1;
  }
  return deepest;
}
