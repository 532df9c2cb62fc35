import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../database.ts';

/** Everything that the core needs. Text is compared by its bytes on both databases (`collate "C"` on PostgreSQL). */
export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const postgres = dialect === 'postgres';
  const text = postgres ? sql`text collate "C"` : sql`text`;
  const int = postgres ? sql`bigint` : sql`integer`;
  const real = postgres ? sql`double precision` : sql`real`;
  const bytes = postgres ? sql`bytea` : sql`blob`;
  const id = postgres ? sql`bigint generated always as identity primary key` : sql`integer primary key autoincrement`;
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db);

  await run(sql`create table installation (
    id ${int} primary key check (id = 1), origin ${text} not null, ledger_key ${text} not null,
    token_key ${text} not null, created_at ${int} not null)`);

  await run(sql`create table model (
    id ${id}, name ${text} not null, name_key ${text} not null, description ${text}, owner ${text},
    tags ${text} not null, properties ${text} not null, card ${text}, aliases ${text} not null,
    latest_version ${int}, version_count ${int} not null, live ${text} not null, last_number ${int} not null,
    created_at ${int} not null, created_by ${text} not null, updated_at ${int} not null, etag ${int} not null,
    deregistered ${text}, purge_after ${int}, purged_at ${int})`);
  await run(sql`create unique index model_live_name on model (name_key) where deregistered is null`);
  await run(sql`create index model_name on model (name)`);
  await run(sql`create index model_created on model (created_at, id)`);
  await run(sql`create index model_updated on model (updated_at, id)`);
  await run(sql`create index model_owner on model (owner, id)`);
  await run(sql`create index model_trash on model (purge_after) where deregistered is not null`);

  await run(sql`create table name_use (
    name_key ${text} primary key, last_number ${int} not null, model_id ${int} not null references model (id))`);

  await run(sql`create table version (
    id ${id}, model_id ${int} not null references model (id), number ${int} not null,
    status ${text} not null, status_since ${int} not null, state ${text} not null, digest ${text},
    size_bytes ${int} not null, artifact_count ${int} not null, verdict ${text} not null, description ${text},
    tags ${text} not null, properties ${text} not null, card ${text}, framework ${text}, signature ${text},
    lineage ${text}, aliases ${text} not null, metrics ${text} not null, created_at ${int} not null,
    created_by ${text} not null, updated_at ${int} not null, etag ${int} not null,
    deregistered ${text}, purge_after ${int}, purged_at ${int})`);
  await run(sql`create unique index version_number on version (model_id, number)`);
  await run(sql`create index version_status on version (model_id, status, status_since)`);
  await run(sql`create index version_any_status on version (status, updated_at, id)`);
  await run(sql`create index version_created on version (created_at, id)`);
  await run(sql`create index version_updated on version (updated_at, id)`);
  await run(sql`create index version_size on version (size_bytes, id)`);
  await run(sql`create index version_verdict on version (verdict, updated_at, id)`);
  await run(sql`create index version_digest on version (digest)`);
  await run(sql`create index version_framework on version (framework, id)`);
  await run(sql`create index version_trash on version (purge_after) where deregistered is not null`);

  await run(sql`create table inspection (
    sha256 ${text} primary key, media_type ${text} not null, format ${text} not null, facts ${text} not null,
    findings ${text} not null, verdict ${text} not null, signature ${text}, rules_version ${text} not null,
    inspected_at ${int} not null)`);
  await run(sql`create table artifact (
    id ${id}, version_id ${int} not null references version (id), path ${text} not null, path_key ${text} not null,
    size_bytes ${int} not null, sha256 ${text} not null references inspection (sha256), created_at ${int} not null)`);
  await run(sql`create unique index artifact_path on artifact (version_id, path_key)`);
  await run(sql`create index artifact_order on artifact (version_id, path)`);
  await run(sql`create index artifact_blob on artifact (sha256)`);

  await run(sql`create table tenure (
    id ${id}, model_id ${int} not null references model (id), number ${int} not null, status ${text} not null,
    since ${int} not null, until ${int}, ended_by ${text})`);
  await run(sql`create index tenure_of_model on tenure (model_id, status, id)`);

  for (const noun of ['model', 'version']) {
    const table = sql.table(`${noun}_facet`);
    const owner = sql.ref(`${noun}_id`);
    await run(sql`create table ${table} (
      ${owner} ${int} not null, key ${text} not null, head ${text}, text ${text}, folded ${text}, num ${real})`);
    await run(sql`create index ${sql.ref(`${noun}_facet_owner`)} on ${table} (${owner}, key)`);
    await run(sql`create index ${sql.ref(`${noun}_facet_text`)} on ${table} (key, head, ${owner})`);
    await run(sql`create index ${sql.ref(`${noun}_facet_num`)} on ${table} (key, num, ${owner})`);
    if (postgres) {
      await run(sql`create table ${sql.table(`${noun}_text`)} (id bigint primary key, words tsvector not null)`);
      await run(sql`create index ${sql.ref(`${noun}_text_words`)} on ${sql.table(`${noun}_text`)} using gin (words)`);
    } else {
      await run(sql`create virtual table ${sql.table(`${noun}_text`)} using fts5 (
        name, tags, description, card, tokenize = 'ascii', prefix = '2 3', content = '', contentless_delete = 1)`);
    }
  }

  await run(sql`create table event (
    seq ${int} primary key, at ${int} not null, type ${text} not null, actor ${text} not null, subject ${text} not null,
    request_id ${text} not null, line ${text} not null, leaf ${bytes} not null)`);
  await run(sql`create index event_at on event (at, seq)`);
  await run(sql`create index event_type on event (type, seq)`);
  await run(sql`create index event_actor on event (actor, seq)`);
  await run(sql`create index event_subject_name on event (subject, type, seq)`);
  await run(sql`create table event_subject (
    model_id ${int} not null, number ${int} not null, seq ${int} not null references event (seq),
    primary key (model_id, number, seq))`);
  await run(sql`create index event_subject_model on event_subject (model_id, seq)`);

  await run(sql`create table ledger_head (
    id ${int} primary key check (id = 1), size ${int} not null, frontier ${bytes} not null, last_leaf ${bytes} not null)`);
  await run(sql`create table ledger_tile (
    level ${int} not null, position ${int} not null, hash ${bytes} not null, primary key (level, position))`);
  await run(sql`create table ledger_checkpoint (size ${int} primary key, note ${text} not null, at ${int} not null)`);
  await run(sql`create table idempotency (
    actor ${text} not null, key ${text} not null, fingerprint ${text} not null, answer ${text} not null,
    at ${int} not null, primary key (actor, key))`);
  await run(sql`create index idempotency_at on idempotency (at)`);
}
