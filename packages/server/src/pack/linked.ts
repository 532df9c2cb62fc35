import type { Metric } from '../contract/metric.ts';
import type { Reader } from '../db/database.ts';
import { metricsOf } from '../registry/evidence/metrics-of.ts';
import type { VersionRow } from '../registry/versions/repository.ts';

/** Metrics of the run or the logged model that a version was made from, as they are now. */
export async function linkedMetrics(reader: Reader, row: VersionRow): Promise<Metric[]> {
  return (await metricsOf(reader, row)).filter(({ origin }) => origin.of !== 'version');
}
