import type { Verdict } from '../../../contract/artifact.ts';
import type { Evidence, Witness } from '../evidence.ts';
import { failed, type Outcome, passed } from './outcome.ts';

/** From the best to the worst. */
const SEVERITY: readonly Verdict[] = ['clean', 'unknown', 'suspicious', 'malformed', 'unsafe'];

/** The verdict of a version: the worst of its artifacts'; `unknown` where it has none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return 'unknown';
  return SEVERITY[Math.max(...verdicts.map((verdict) => SEVERITY.indexOf(verdict)))] ?? 'unknown';
}

/** What is always asked of what goes live. */
export function notUnsafe({ version: witness }: Evidence, canForce: boolean): Outcome {
  const { version, href } = witness;
  const facts = factsOf(witness);
  if (version.verdict !== 'unsafe') return passed(`the verdict is ${version.verdict}`, facts);
  return failed(
    'the verdict is unsafe: an artifact imports something that can run code when it is loaded',
    `read the findings at GET ${href}/artifacts and register a version without them${canForce ? ', or force with a reason' : ''}`,
    facts,
  );
}

export function notWorseThan({ version: witness }: Evidence, worst: Verdict): Outcome {
  const { version, href } = witness;
  const facts = factsOf(witness);
  const detail = `the verdict is ${version.verdict}, and must not be worse than ${worst}`;
  if (SEVERITY.indexOf(version.verdict as Verdict) <= SEVERITY.indexOf(worst)) return passed(detail, facts);
  const remedy = `read the findings at GET ${href}/artifacts and publish a version whose verdict is ${worst} or better`;
  return failed(detail, remedy, facts);
}

const factsOf = ({ name, href, version }: Witness) => [
  { what: `verdict of ${name}`, value: version.verdict, href: `${href}/artifacts` },
];
