import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeOn } from './blobs/files.ts';
import { createHashThreads } from './blobs/hash-threads.ts';
import { openLocalStore } from './blobs/local.ts';
import type { BlobStore } from './blobs/store.ts';
import { createDrawer } from './charts/draw.ts';
import { startChores, sweepBytes } from './chores.ts';
import { maskSecrets } from './config/mask.ts';
import { blobFolder, databaseFile, databaseUrl } from './config/places.ts';
import type { Config } from './config/schema.ts';
import { migrate, schemaOf } from './db/migrate.ts';
import { LONG_STATEMENT_MS, openDatabase } from './db/open.ts';
import { DatabaseRefused } from './db/refused.ts';
import { openLedger } from './events/ledger.ts';
import { createInspector } from './formats/inspector.ts';
import { docsRoutes } from './http/docs.ts';
import { createExposition } from './http/operations/exposition.ts';
import { createHealth } from './http/operations/health.ts';
import { type Log, openLog } from './http/operations/log.ts';
import { type Disk, probeArtifacts, probeDatabase, probeDisks, watchCommits } from './http/operations/probes.ts';
import { measureProcess } from './http/operations/process-metrics.ts';
import { measureDisks, measureHealth, measureHoldings, measureRegistry } from './http/operations/registry-metrics.ts';
import { createHttp } from './http/server.ts';
import { prepareStop } from './http/stop.ts';
import { finishIndex } from './registry/backlog.ts';
import { ANSWERS_KEPT_MS } from './registry/idempotency.ts';
import { createIngest } from './registry/ingest.ts';
import { createRegistry } from './registry/registry.ts';
import { createStock } from './registry/stock.ts';
import { ownVersion } from './version.ts';

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
  const db = await openDatabase(databaseUrl(config), {
    exclusive: true,
    connections: config.database_connections,
    statementMs: config.limits.database_ms,
    onTrouble: (error) => log.error({ err: error }, 'the log of the database could not be copied into its file'),
  });
  try {
    await assertSchema(db, config);
    await finishIndex(db, (line) => log.info(line));
    const metrics = createExposition();
    const watching = measureRegistry(metrics);
    const commits = watchCommits(db);
    const ledger = await openLedger(db, now);
    const blobs = await openLocalStore(blobFolder(config), { shared: db.name === 'postgres' });
    const inspector = createInspector({ timeoutMs: config.limits.inspect_ms, onInspected: watching.onInspected });
    const drawer = createDrawer();
    const hashing = createHashThreads();
    const registry = createRegistry({
      db,
      blobs,
      createHasher: hashing.createHasher,
      inspector,
      drawer,
      ledger,
      policy: config.policy,
      limits: config.limits,
      trashMs: config.trash_days * DAY_MS,
      now,
      mostWaiting: config.limits.changes_waiting,
      onDamage(error) {
        watching.onDamage();
        log.error({ err: error }, 'a stored blob is damaged');
      },
      onUnrecorded(error) {
        log.error({ err: error }, 'what a run measured could not be recorded as an evaluation');
      },
      onBatch(batch) {
        watching.onBatch(batch);
        commits.onBatch(batch);
      },
    });
    const { pending } = registry;
    const stock = createStock(db);
    const ingest = createIngest(db);
    const chores = {
      everyMinute: async () => {
        await ingest(ledger.keepCheckpoint);
        await ingest((tx) =>
          tx
            .deleteFrom('idempotency')
            .where('at', '<', now() - ANSWERS_KEPT_MS)
            .execute(),
        );
      },
      count: stock.count,
      finish: registry.finish,
      everyHour: async (signal: AbortSignal) => {
        await registry.trash.purgeExpired(signal);
        await registry.tracking.purgeExpired(signal);
        await registry.promotions.expire(signal);
        await registry.mergeTexts(signal);
      },
      everyDay: (signal: AbortSignal) => sweepBytes(registry, log, config.sweep_hours * HOUR_MS, signal),
    };
    const stopChores = startChores(chores, (error) => {
      watching.onChoreFailed();
      log.error({ err: error }, 'a chore failed');
    });
    measureHoldings(metrics, { pending, ledgerSize: ledger.size, stock: stock.latest, pool: () => db.pool?.() });
    const disks = disksOf(config, blobs);
    measureDisks(metrics, disks);
    const probes = {
      database: await probeDatabase(db, commits, pending, databaseFile(config)),
      artifacts: probeArtifacts(blobs),
      disk: probeDisks(disks, config.limits.reserve_bytes),
    };
    const health = createHealth(probes, { probeMs: config.limits.probe_ms, log });
    measureHealth(metrics, health);
    return {
      registry,
      db,
      blobs,
      ledger,
      log,
      metrics,
      health,
      async close() {
        await registry.stop();
        await stopChores();
        await inspector.close();
        await drawer.close();
        await hashing.close();
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
    headMs: limits.head_ms,
    requestMs: limits.request_ms,
    idleMs: limits.idle_ms,
    uploadIdleMs: limits.upload_idle_ms,
    eventStreams: limits.events_streams,
    log: parts.log,
    logRequests: config.log_requests,
    metrics: config.metrics ? parts.metrics : undefined,
  });
  const stop = prepareStop(http);
  const stopMeasuring = config.metrics ? measureProcess(parts.metrics, http.server, ownVersion()) : () => {};
  await http.register(docsRoutes);
  try {
    const url = await http.listen({ host: config.host, port: config.port });
    parts.log.info({ version: ownVersion(), url, config: maskSecrets(config) }, 'started');
    return {
      url,
      async close() {
        parts.log.info('stopping');
        parts.health.stop();
        await sleep(limits.shutdown_delay_ms);
        await stop(limits.shutdown_ms);
        stopMeasuring();
        await parts.close();
        parts.log.info('stopped');
      },
    };
  } catch (error) {
    stopMeasuring();
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
  if (schema === 'current') return;
  if (db.name === 'sqlite') return void (await migrate(db));
  // A step may take longer than any statement of a request.
  const own = await openDatabase(databaseUrl(config), { connections: 2, statementMs: LONG_STATEMENT_MS });
  await migrate(own).finally(() => own.close());
}

function disksOf(config: Config, blobs: BlobStore): Disk[] {
  const file = databaseFile(config);
  const artifacts = { of: 'artifacts', free: blobs.free };
  return file === undefined ? [artifacts] : [{ of: 'database', free: () => freeOn(dirname(file)) }, artifacts];
}
