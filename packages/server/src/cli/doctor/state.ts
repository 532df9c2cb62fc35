import type { Database } from '../../db/database.ts';
import { reconcile } from '../../registry/reconcile.ts';
import { type Finding, fine, problem } from './checks.ts';

const TOLD = 5;

/** Every model, version and event column against what replaying the ledger gives. */
export async function stateFindings(db: Database): Promise<Finding[]> {
  const told: string[] = [];
  let count = 0;
  for await (const { subject, field, detail } of reconcile(db.read)) {
    count += 1;
    if (told.length < TOLD) told.push(`${subject}${field ? ` (${field})` : ''}: ${detail}`);
  }
  if (count === 0) return [fine('state', 'models and versions are what the ledger says')];
  const rest = count > TOLD ? [`and ${count - TOLD} more`] : [];
  return [
    problem(
      'state',
      [...told, ...rest].join('; '),
      'Rows were changed behind Assayer: what the ledger says is what happened. Keep a copy, and restore a backup.',
    ),
  ];
}
