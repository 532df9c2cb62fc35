import type { ChartData } from '../contract/chart.ts';
import type { Spec } from './spec.ts';
import { barsSpec } from './spec-bars.ts';
import { confusionSpec } from './spec-confusion.ts';
import { curveSpec } from './spec-curve.ts';
import { historySpec } from './spec-history.ts';
import { parallelSpec } from './spec-parallel.ts';
import { slicesSpec } from './spec-slices.ts';
import { versionsSpec } from './spec-versions.ts';
import type { Look } from './theme.ts';

/** The Vega-Lite 6 spec of a chart: what it is drawn from, here and elsewhere. */
export function specOf(data: ChartData, look: Look): Spec {
  switch (data.chart) {
    case 'metric-history':
      return historySpec(data, look);
    case 'metric':
      return versionsSpec(data, look);
    case 'metrics':
      return barsSpec(data, look);
    case 'parallel':
      return parallelSpec(data, look);
    case 'slices':
      return slicesSpec(data, look);
    case 'confusion-matrix':
      return confusionSpec(data, look);
    case 'roc':
    case 'precision-recall':
      return curveSpec(data, look);
  }
}
