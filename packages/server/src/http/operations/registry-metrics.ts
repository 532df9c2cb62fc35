import type { Inspected } from '../../formats/inspector.ts';
import type { Batch } from '../../registry/change.ts';
import type { Stock } from '../../registry/stock.ts';
import type { Counter, Exposition } from './exposition.ts';
import type { Health } from './health.ts';
import type { Disk } from './probes.ts';

const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10];
const CHANGES = [1, 2, 5, 10, 20, 50, 100, 200];
const INSPECTION_SECONDS = [0.001, 0.01, 0.1, 1, 5, 30, 60];
const VERDICTS = ['clean', 'suspicious', 'unsafe', 'malformed', 'unknown'] as const;

/** Those who watch the registry for the metrics: each is called after what it is told of. No label names a model. */
export function measureRegistry(metrics: Exposition) {
  const changes = metrics.counter('assayer_changes_total', 'Changes by what became of them.');
  const [committed, refused, failed] = ['committed', 'refused', 'failed'].map((outcome) => changes({ outcome })) as [
    Counter,
    Counter,
    Counter,
  ];
  const retries = metrics.counter('assayer_commit_retries_total', 'Commits that the database asked to run again.')();
  const commitSeconds = metrics.histogram('assayer_commit_seconds', 'Duration of a commit.', COMMIT_SECONDS)();
  const commitChanges = metrics.histogram('assayer_commit_changes', 'Changes that shared a commit.', CHANGES)();
  const events = metrics.counter('assayer_events_total', 'Events that this process appended to the ledger.')();
  const inspections = metrics.counter('assayer_inspections_total', 'Artifacts that were inspected, by verdict.');
  const byVerdict = Object.fromEntries(VERDICTS.map((verdict) => [verdict, inspections({ verdict })])) as Record<
    (typeof VERDICTS)[number],
    Counter
  >;
  const inspectionSeconds = metrics.histogram(
    'assayer_inspection_seconds',
    'Duration of an inspection, without the wait for its turn.',
    INSPECTION_SECONDS,
  )();
  const damaged = metrics.counter(
    'assayer_damaged_blobs_total',
    'Stored bytes that were asked for and are not what they were.',
  )();
  const chores = metrics.counter(
    'assayer_chores_failed_total',
    'Chores that failed: checkpoints, trash, old answers.',
  )();

  return {
    onBatch(batch: Batch): void {
      if (batch.error === undefined) {
        committed.value += batch.changes - batch.refused;
        refused.value += batch.refused;
      } else failed.value += batch.changes;
      retries.value += batch.retries;
      events.value += batch.events;
      commitChanges.observe(batch.changes);
      commitSeconds.observe(batch.ms / 1_000);
    },
    onInspected({ verdict, ms }: Inspected): void {
      byVerdict[verdict].value += 1;
      inspectionSeconds.observe(ms / 1_000);
    },
    onDamage(): void {
      damaged.value += 1;
    },
    onChoreFailed(): void {
      chores.value += 1;
    },
  };
}

/** What is read when it is asked for. */
export interface Gauges {
  pending(): { waiting: number; since: number | undefined };
  ledgerSize(): Promise<number>;
  stock(): Stock | undefined;
  pool(): { total: number; idle: number; waiting: number } | undefined;
}

export function measureHoldings(metrics: Exposition, gauges: Gauges): void {
  metrics.gauge('assayer_changes_waiting', 'Changes that wait for the next commit.', () => gauges.pending().waiting);
  metrics.gauge(
    'assayer_commit_under_way_seconds',
    'How long the commit under way takes so far; 0 where there is none.',
    () => {
      const { since } = gauges.pending();
      return since === undefined ? 0 : (performance.now() - since) / 1_000;
    },
  );
  metrics.gauge('assayer_ledger_size', 'Events in the ledger.', gauges.ledgerSize);
  metrics.gauge(
    'assayer_models',
    'Models, without the trash; counted every few minutes, as are the next four.',
    () => gauges.stock()?.models,
  );
  metrics.gauge('assayer_versions', 'Versions, without the trash.', () => gauges.stock()?.versions);
  metrics.gauge('assayer_artifacts', 'Artifacts of versions, the trash among them.', () => gauges.stock()?.artifacts);
  metrics.gauge('assayer_files', 'Files of runs and logged models.', () => gauges.stock()?.files);
  metrics.gauge('assayer_blobs', 'Distinct bytes that artifacts and files point at.', () => gauges.stock()?.blobs);
  metrics.gauge('assayer_blob_bytes', 'Size of these together.', () => gauges.stock()?.blob_bytes);
  metrics.gauge('assayer_database_connections', 'Connections to PostgreSQL, and requests that wait for one.', () => {
    const pool = gauges.pool();
    return pool && Object.entries(pool).map(([state, value]) => ({ labels: { state }, value }));
  });
}

export function measureDisks(metrics: Exposition, disks: readonly Disk[]): void {
  metrics.gauge('assayer_disk_free_bytes', 'Free space where the database and the artifacts are.', async () => {
    const all = await Promise.all(disks.map(async ({ of, free }) => ({ labels: { of }, value: await free() })));
    return all.filter((sample): sample is typeof sample & { value: number } => sample.value !== undefined);
  });
}

export function measureHealth(metrics: Exposition, health: Health): void {
  metrics.gauge('assayer_ready', 'Whether the part works, as /readyz tells it.', async () => {
    const { parts } = await health.report();
    return Object.entries(parts).map(([part, { state }]) => ({ labels: { part }, value: state === 'ok' ? 1 : 0 }));
  });
}
