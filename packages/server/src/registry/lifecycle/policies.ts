import type { Selectable } from 'kysely';
import type { NewPolicy, Policy } from '../../contract/policy.ts';
import { toTime } from '../../contract/time.ts';
import type { Reader } from '../../db/database.ts';
import { prepareLookup } from '../../db/prepared.ts';
import { insertRow } from '../../db/rows.ts';
import type { PolicyTable } from '../../db/tables.ts';
import { same } from '../../events/replay.ts';
import { policiesAhead } from '../ahead.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { getModel, type ModelRow } from '../models/repository.ts';
import { type Page, type PageAsked, pageOf } from '../paging/pages.ts';
import { modelAt } from '../past-refs.ts';
import type { Policies, SetPolicy } from './policy.ts';
import { assertPolicy } from './policy-fields.ts';

export type PolicyRow = Selectable<PolicyTable>;

/** The default policy stands under this id of a model. */
export const OF_DEFAULT = 0;

const newest = prepareLookup<{ model_id: number; none: number }, PolicyRow>((db, param) =>
  db
    .selectFrom(newestOf(db, param('none')).as('by_default'))
    .selectAll()
    .unionAll(db.selectFrom(newestOf(db, param('model_id')).as('own')).selectAll()),
);

function newestOf(db: Reader, model_id: number) {
  return db.selectFrom('policy').selectAll().where('model_id', '=', model_id).orderBy('version', 'desc').limit(1);
}

/** What was set for a model, and by default. */
export async function policiesOf(reader: Reader, model_id: number): Promise<Policies> {
  const rows = policiesAhead(reader, model_id) ?? (await newest(reader, { model_id, none: OF_DEFAULT }));
  const of = (id: number): SetPolicy | undefined => {
    const row = rows.find((one) => one.model_id === id);
    return row && { version: row.version, doc: JSON.parse(row.doc) };
  };
  return { own: of(model_id), byDefault: of(OF_DEFAULT) };
}

/** The policy of a model, or the default one, as it is or was when the ledger was at `seq`. */
export async function getPolicy(reader: Reader, name: string | null, seq?: number): Promise<Policy> {
  if (name === null) return toPolicy(null, await newestRow(reader, OF_DEFAULT, await lastPolicyId(reader, seq)));
  if (seq === undefined) return toPolicy(name, await newestRow(reader, (await getModel(reader, name)).id, undefined));
  const { id } = await modelAt(reader, name, seq);
  return toPolicy(name, await newestRow(reader, id, await lastPolicyId(reader, seq)));
}

async function newestRow(reader: Reader, model_id: number, upTo: number | undefined): Promise<PolicyRow | undefined> {
  return newestOf(reader, model_id)
    .$if(upTo !== undefined, (query) => query.where('id', '<=', upTo as number))
    .executeTakeFirst();
}

/** Ids of policies grow with the ledger: the last one that it had told of. */
async function lastPolicyId(reader: Reader, seq: number | undefined): Promise<number | undefined> {
  if (seq === undefined) return undefined;
  const last = await reader
    .selectFrom('event')
    .select('line')
    .where('type', '=', 'policy.changed')
    .where('seq', '<=', seq)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last ? JSON.parse(last.line).details.id : 0;
}

function toPolicy(model: string | null, row: PolicyRow | undefined): Policy {
  if (!row) return { model, version: 0, updated_at: null, updated_by: null, etag: 0 };
  const doc = JSON.parse(row.doc) as NewPolicy;
  return { model, version: row.version, ...doc, updated_at: toTime(row.at), updated_by: row.by, etag: row.version };
}

/** Puts a policy in force from now on. The one that is in force already changes nothing. */
export async function changePolicy(
  work: Work,
  name: string | null,
  asked: NewPolicy,
  ifMatch?: IfMatch,
): Promise<Policy> {
  const model = name === null ? undefined : await getModel(work.tx, name);
  assertPolicy(asked);
  const model_id = model?.id ?? OF_DEFAULT;
  const before = await newestRow(work.tx, model_id, undefined);
  assertMatches(before?.version ?? 0, ifMatch);
  if (same(before ? JSON.parse(before.doc) : {}, asked)) return toPolicy(name, before);
  const version = (before?.version ?? 0) + 1;
  const row = { model_id, version, doc: JSON.stringify(asked), at: work.at, by: work.caller.actor.name };
  const id = await insertRow(work.tx, 'policy', row);
  work.record({
    type: 'policy.changed',
    subject: model?.name ?? 'policy:default',
    details: { id, policy: { version, ...asked } },
    changes: model ? [untouched(model)] : [],
  });
  return toPolicy(name, { ...row, id });
}

/** A change that changes nothing of the model: it only lists the event under it. */
const untouched = ({ id }: ModelRow) => ({ model_id: id, number: 0, before: {}, after: {} });

/** Every policy that was in force, the newest first. */
export async function listPolicies(
  reader: Reader,
  tokenKey: Uint8Array,
  name: string | null,
  asked: PageAsked,
): Promise<Page<Policy>> {
  const model_id = name === null ? OF_DEFAULT : (await getModel(reader, name)).id;
  const page = await pageOf(
    tokenKey,
    `policies ${model_id}`,
    asked,
    (after, most) => {
      const rows = reader.selectFrom('policy').selectAll().where('model_id', '=', model_id);
      const before = after === undefined ? rows : rows.where('version', '<', after[0] as number);
      return before.orderBy('version', 'desc').limit(most).execute();
    },
    (row) => [row.version],
  );
  return { ...page, items: page.items.map((row) => toPolicy(name, row)) };
}
