import type { Report } from '../../events/verify.ts';
import { refused } from '../exit.ts';
import { escapeLine } from '../terminal/escape.ts';
import { type Output, paint } from '../terminal/output.ts';

const OUTCOMES: Record<string, string> = {
  agrees: 'agrees',
  differs: 'differs',
  undecided: 'could not be compared',
  refused: 'is not a checkpoint of this ledger',
};

/** Tells what was found; problems end the command with 1. */
export function tellReport(out: Output, report: Report): void {
  const { ok, size, root, checkpoints, problems, notes } = report;
  const lines = checkpoints.map(
    (one) => `checkpoint at ${one.size} (${one.origin}) ${OUTCOMES[one.outcome] ?? one.outcome}`,
  );
  if (!ok) {
    const told = problems.map((one) => `${one.kind}: ${one.detail}`);
    const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    throw refused(`The ledger does not hold: ${count}.`, [...told, ...lines, ...notes], report);
  }
  out.document(report);
  out.lines(
    paint('green', `The ledger holds: ${size} ${size === 1 ? 'event' : 'events'}.`),
    ...(root ? [`root ${root}`] : []),
    ...lines.map(escapeLine),
  );
  for (const one of notes) out.note(one);
}
