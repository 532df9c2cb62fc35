import type { ComparedSignature, Comparison } from '../../contract/comparison.ts';
import { toTime } from '../../contract/time.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { seqAt } from '../../events/moments.ts';
import { definitionsOf } from '../evidence/definitions.ts';
import { lastEvaluationId } from '../evidence/evaluations-of.ts';
import { startClock } from '../paging/clock.ts';
import { refuse } from '../refusals.ts';
import { formatsOfEach } from '../versions/repository.ts';
import { MOST } from './bounds.ts';
import { compareEvaluations } from './evaluations.ts';
import { compareFiles } from './files.ts';
import { identicalIn } from './identical.ts';
import { compareMetrics } from './metrics.ts';
import { assertFew, parseNamed, saying } from './named.ts';
import { readSide, readSideAt, type Side } from './side.ts';
import { signatureDiff } from './signature-diff.ts';
import { compareValues } from './values.ts';

export interface ComparisonAsked {
  /** `model/ref` each. */
  versions: readonly string[];
  /** The place of the one that the others are held against. */
  base: number;
  /** Epoch milliseconds: as they were then. */
  at?: number | undefined;
}

/** Two versions or more, of any models, side by side. One that is named twice stands there twice. */
export async function compareVersions(
  parts: { read: Reader; dialect: Dialect },
  { versions, base, at }: ComparisonAsked,
): Promise<Comparison> {
  const { read } = parts;
  assertFew(versions);
  const named = versions.map(parseNamed);
  if (base >= named.length)
    refuse('query-invalid', `In base: give the place of one of the ${named.length} versions, counted from 0.`, {
      parameter: 'base',
    });
  const seq = at === undefined ? undefined : await seqAt(read, at);
  const clock = startClock(parts.dialect);
  const sides: Side[] = [];
  const signatures: ComparedSignature[] = [];
  const readOne = (place: number) => {
    const one = named[place]!;
    return saying(one, place, seq === undefined ? readSide(read, one) : readSideAt(read, one, seq));
  };
  const held = await readOne(base);
  const signature = held.signature;
  for (const place of named.keys()) {
    const side = place === base ? held : await readOne(place);
    signatures.push(toSignature(signatureDiff(signature, side.signature)));
    sides.push({ ...side, signature: null });
    await clock.rest();
  }
  if (seq === undefined) await tellFormats(read, sides);
  const metrics = sides.map((side) => side.metrics);
  const definitions = await definitionsOf(
    read,
    metrics.flatMap((one) => [...one.keys()]),
  );
  const evaluated = sides.map(({ version_id, version: { model, number, digest } }) => ({
    ...{ version_id, digest },
    name: `${model}/${number}`,
  }));
  const upToId = seq === undefined ? undefined : await lastEvaluationId(read, seq);
  return {
    as_of: at === undefined ? null : toTime(at),
    base,
    versions: sides.map(({ version }) => version),
    identical: identicalIn(sides.map(({ likeness }) => likeness)),
    params: compareValues(sides.map(({ params }) => params)),
    facts: compareValues(sides.map(({ facts }) => facts)),
    metrics: compareMetrics(metrics, base, definitions, MOST.metrics),
    evaluations: await compareEvaluations({ read, clock }, evaluated, base, upToId),
    signatures,
    files: await filesOf(parts, sides, base, seq !== undefined),
    tags: compareValues(sides.map(({ tags }) => tags)),
    properties: compareValues(sides.map(({ properties }) => properties)),
  };
}

/** By one query: of now, versions do not say themselves what formats their files have. */
async function tellFormats(read: Reader, sides: readonly Side[]): Promise<void> {
  const formats = await formatsOfEach(
    read,
    sides.map(({ version_id }) => version_id),
  );
  for (const { version_id, version } of sides) version.formats = formats.get(version_id) ?? [];
}

function toSignature(differences: ReturnType<typeof signatureDiff>): ComparedSignature {
  const breaking = differences.filter((one) => one.breaking);
  const items = [...breaking, ...differences.filter((one) => !one.breaking)].slice(0, MOST.signature);
  return { breaking: breaking.length > 0, total: differences.length, items };
}

/** Files are those of now: what a version had before it was sealed is not kept. */
async function filesOf(
  parts: { read: Reader; dialect: Dialect },
  sides: readonly Side[],
  base: number,
  isPast: boolean,
): Promise<Comparison['files']> {
  const filed = sides.map(({ version_id, version: { digest, artifact_count } }) => ({
    ...{ version_id, digest, artifact_count },
  }));
  const isKnown = sides.map(({ version }) => !isPast || version.state === 'sealed');
  if (!isKnown[base]) return sides.map(() => null);
  const known = filed.filter((_, i) => isKnown[i]);
  const compared = await compareFiles(parts, known, known.indexOf(filed[base]!));
  return isKnown.map((one) => (one ? compared.shift()! : null));
}
