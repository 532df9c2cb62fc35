import type { Database } from '../../db/database.ts';
import { openLedger } from '../../events/ledger.ts';
import { verifyLedger } from '../../events/verify.ts';
import { type Finding, fine, problem } from './checks.ts';

const TOLD = 5;

/** Every event against its stored leaf hash, its successor, and every checkpoint that was signed. */
export async function ledgerFindings(db: Database): Promise<Finding[]> {
  const installed = await db.read.selectFrom('installation').select('id').executeTakeFirst();
  if (!installed) return [fine('ledger', 'empty: no server was started on this database yet')];
  const ledger = await openLedger(db, Date.now);
  const size = await ledger.size();
  const checkpoints = await ledger.keptCheckpoints();
  const report = await verifyLedger(ledger.lines(1, size), { checkpoints, vkey: ledger.vkey });
  if (report.ok && report.size === size)
    return [fine('ledger', `${size} events hold, and agree with ${checkpoints.length} signed checkpoints`)];
  const told = report.problems.map((one) => `event ${one.seq}: ${one.kind}: ${one.detail}`);
  if (report.size !== size) told.push(`the head says ${size} events, and ${report.size} are there`);
  const rest = told.length > TOLD ? [`and ${told.length - TOLD} more`] : [];
  return [
    problem(
      'ledger',
      [...told.slice(0, TOLD), ...rest].join('; '),
      'The database was changed behind Assayer, or is damaged: keep a copy of it, and restore a backup.',
    ),
  ];
}
