import type { Badge } from '../../charts/badge.ts';
import { type Drawer, NotDrawn } from '../../charts/draw.ts';
import type { Spec } from '../../charts/spec.ts';
import type { Database } from '../../db/database.ts';
import { refuse } from '../refusals.ts';
import { versionAsked, versionsAsked } from './asked.ts';
import { badgeOf } from './badge.ts';
import { barsChart } from './bars.ts';
import type { EvaluationAsked } from './evaluated.ts';
import { confusionChart, curveChart, type SlicesAsked, slicesChart } from './from-evaluations.ts';
import { type HistoryAsked, historyChart } from './history.ts';
import { createKept } from './kept.ts';
import { type OverVersionsAsked, overVersionsChart } from './over-versions.ts';
import { type ParallelAsked, parallelChart } from './parallel.ts';

interface Parts {
  read: Database['read'];
  dialect: Database['name'];
  drawer: Drawer;
  now(): number;
}

/** Charts as data, and pictures of specs. */
export function createCharts({ read, dialect, drawer, now }: Parts) {
  const parts = { read, dialect, kept: createKept(now) };
  const together = (versions: readonly string[]) => versionsAsked(read, versions);
  return {
    history: (asked: HistoryAsked) => historyChart(parts, asked),
    overVersions: (model: string, asked: OverVersionsAsked) => overVersionsChart(read, model, asked),
    bars: async (versions: readonly string[], metrics: readonly string[]) =>
      barsChart(parts, await together(versions), metrics),
    parallel: async (versions: readonly string[], asked: ParallelAsked) =>
      parallelChart(parts, await together(versions), asked),
    slices: async (versions: readonly string[], asked: SlicesAsked) =>
      slicesChart(read, await together(versions), asked),
    curve: async (versions: readonly string[], chart: 'roc' | 'precision-recall', asked: EvaluationAsked) =>
      curveChart(read, await together(versions), chart, asked),
    /** Of one version's evaluation. */
    ofVersion: {
      slices: async (model: string, ref: string, asked: SlicesAsked) =>
        slicesChart(read, [await versionAsked(read, model, ref)], asked),
      curve: async (model: string, ref: string, chart: 'roc' | 'precision-recall', asked: EvaluationAsked) =>
        curveChart(read, [await versionAsked(read, model, ref)], chart, asked),
      confusion: async (model: string, ref: string, asked: EvaluationAsked) =>
        confusionChart(read, await versionAsked(read, model, ref), asked),
    },
    badge: (model: string): Promise<Badge> => badgeOf(read, model),
    /** Something is about to be drawn: what draws is loaded while the data are read. */
    prepare: () => drawer.prepare(),
    draw: (spec: Spec): Promise<string> =>
      drawer.draw(spec).catch((error) => {
        if (error instanceof NotDrawn) refuse('overloaded', 'Too many charts to draw. Try again in a few seconds.', {});
        throw error;
      }),
  };
}
