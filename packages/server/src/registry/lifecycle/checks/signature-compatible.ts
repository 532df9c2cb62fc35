import type { Signature } from '../../../contract/artifact.ts';
import { signatureDiff } from '../../compare/signature-diff.ts';
import type { Evidence } from '../evidence.ts';
import { failed, type Outcome, passed } from './outcome.ts';

/** Callers of the live version can call this one. */
export function signatureCompatible({ version, live }: Evidence): Outcome {
  if (!live) return passed('nothing was live there to hold its signature against', []);
  const facts = [version, live].map(({ name, href, version: { signature } }) => ({
    what: `signature of ${name}`,
    value: signature === null ? null : 'see there',
    href,
  }));
  const differences = signatureDiff(
    live.version.signature as Signature | null,
    version.version.signature as Signature | null,
  );
  const breaking = differences.filter((one) => one.breaking);
  if (breaking.length === 0) return passed(`what calls ${live.name} can call ${version.name}`, facts);
  const told = breaking.slice(0, MOST_TOLD).map(({ detail }) => detail);
  if (breaking.length > MOST_TOLD) told.push(`and ${breaking.length - MOST_TOLD} more`);
  return failed(
    `what calls ${live.name} may not be able to call ${version.name}: ${told.join('; ')}`,
    `bring a version with the signature of ${live.name}, or one that only adds to it`,
    facts,
  );
}

const MOST_TOLD = 10;
