import { openLocalStore } from './blobs/local.ts';
import { startChores, sweepBytes } from './chores.ts';
import { blobFolder, databaseUrl } from './config/places.ts';
import type { Config } from './config/schema.ts';
import { migrate, schemaOf } from './db/migrate.ts';
import { openDatabase } from './db/open.ts';
import { DatabaseRefused } from './db/sqlite.ts';
import { openLedger } from './events/ledger.ts';
import { createInspector } from './formats/inspector.ts';
import { docsRoutes } from './http/docs.ts';
import { createExposition } from './http/operations/exposition.ts';
import { type Log, openLog } from './http/operations/log.ts';
import { createHttp } from './http/server.ts';
import { ANSWERS_KEPT_MS } from './registry/idempotency.ts';
import { createIngest } from './registry/ingest.ts';
import { createRegistry } from './registry/registry.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface Overrides {
  now?: () => number;
  log?: Log;
}

/** Everything put together: the one place that knows which parts there are. Close what it opens. */
export async function openRegistry(config: Config, overrides: Overrides = {}) {
  const now = overrides.now ?? Date.now;
  const log = overrides.log ?? openLog(config.log_level);
  const db = await openDatabase(databaseUrl(config), { exclusive: true, connections: config.database_connections });
  try {
    await assertSchema(db, config);
    const ledger = await openLedger(db, now);
    const shared = db.name === 'postgres';
    const blobs = await openLocalStore(blobFolder(config), { shared });
    const inspector = createInspector({ timeoutMs: config.limits.inspect_ms });
    const registry = createRegistry({
      db,
      blobs,
      inspector,
      ledger,
      policy: config.policy,
      limits: config.limits,
      trashMs: config.trash_days * DAY_MS,
      now,
      onDamage: (error) => log.error({ err: error }, 'a stored blob is damaged'),
    });
    const ingest = createIngest(db);
    const stopChores = startChores(log, {
      everyMinute: async () => {
        await ingest(ledger.keepCheckpoint);
        await ingest((tx) =>
          tx
            .deleteFrom('idempotency')
            .where('at', '<', now() - ANSWERS_KEPT_MS)
            .execute(),
        );
      },
      everyHour: registry.trash.purgeExpired,
      everyDay: (signal) => sweepBytes(registry, log, config.sweep_hours * HOUR_MS, signal),
    });
    return {
      registry,
      db,
      blobs,
      ledger,
      log,
      health: {
        database: () => db.check(),
        artifacts: () => blobs.check(),
      },
      async close() {
        await stopChores();
        await registry.idle();
        await inspector.close();
        await blobs.close();
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Opens the registry and serves it. */
export async function openServer(
  config: Config,
  overrides: Overrides = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const parts = await openRegistry(config, overrides);
  const { limits } = config;
  const http = await createHttp(parts.registry, parts.db, parts.health, {
    hosts: [config.host, ...config.allowed_hosts],
    origins: config.allowed_origins,
    jsonBytes: limits.json_bytes,
    headerBytes: limits.header_bytes,
    connections: limits.connections,
    requestMs: limits.request_ms,
    idleMs: limits.idle_ms,
    uploadIdleMs: limits.upload_idle_ms,
    eventStreams: limits.events_streams,
    log: parts.log,
    logRequests: config.log_requests,
    metrics: config.metrics ? createExposition() : undefined,
  });
  await http.register(docsRoutes);
  try {
    const url = await http.listen({ host: config.host, port: config.port });
    return {
      url,
      async close() {
        // A connection whose request ends after the stop began is idle then: it is not waited for.
        const idle = setInterval(() => http.server.closeIdleConnections(), 50);
        const cut = setTimeout(() => http.server.closeAllConnections(), limits.shutdown_ms);
        await http.close();
        clearTimeout(cut);
        clearInterval(idle);
        await parts.close();
      },
    };
  } catch (error) {
    await http.close();
    await parts.close();
    throw error;
  }
}

/** SQLite is migrated at start; PostgreSQL when it is empty, and else on command, since replicas of the old version may run. */
async function assertSchema(db: Awaited<ReturnType<typeof openDatabase>>, config: Config): Promise<void> {
  const schema = await schemaOf(db);
  if (schema === 'older' && db.name === 'postgres' && !config.migrate)
    throw new DatabaseRefused(
      'the database has an older schema; stop the other servers, then run "assayer migrate" or start with --migrate',
    );
  if (schema !== 'current') await migrate(db);
}
