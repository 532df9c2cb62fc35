import { Command } from 'commander';
import { misused } from '../exit.ts';
import { parseCount, parseMetric, parseVersion } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { firstItems } from '../server/pages.ts';
import { metricTable } from '../show/metrics.ts';
import type { Output } from '../terminal/output.ts';

interface Options extends Common {
  step?: string;
  at?: string;
  history?: string;
  limit: string;
}

export function command(): Command {
  const metrics = withCommon(new Command('metrics'))
    .description('Add points to metrics of a version, or list the latest of each, own and linked.')
    .argument('<model/ref>', 'the version')
    .argument('[name=value...]', 'points to add; NaN, inf and -inf are values too')
    .option('--step <n>', 'the step of what is added')
    .option('--at <time>', 'the time of what is added (RFC 3339)')
    .option('--history <name>', 'all points of one metric')
    .option('--limit <n>', 'how many to list at most', '1000')
    .action(action(run));
  return withExamples(
    metrics,
    'assayer metrics churn/7',
    'assayer metrics churn/7 auc=0.93 rmse=1.2 --step 12',
    'assayer metrics churn/7 --history auc --json',
  );
}

async function run(out: Output, options: Options, name: string, given: string[]): Promise<void> {
  const { model, ref } = parseVersion(name);
  const path = { name: model, ref };
  const { client } = connect(options);
  if (given.length > 0) {
    if (options.history !== undefined) throw misused('Either points are added, or a history is listed.');
    const more = { ...(options.step && { step: parseStep(options.step) }), ...(options.at && { at: options.at }) };
    const body = { metrics: given.map(parseMetric).map(([metric, value]) => ({ name: metric, value, ...more })) };
    const written = await answerOf(
      client.POST('/api/v1/models/{name}/versions/{ref}/metrics', { params: { path }, body }),
    );
    out.document(written);
    out.lines(...metricTable(written.metrics));
    return;
  }
  const metric = options.history;
  const { items, more } = await firstItems(
    (query) =>
      metric === undefined
        ? client.GET('/api/v1/models/{name}/versions/{ref}/metrics', { params: { path, query } })
        : client.GET('/api/v1/models/{name}/versions/{ref}/metrics/{metric}', {
            params: { path: { ...path, metric }, query },
          }),
    parseCount(options.limit),
  );
  items.forEach(out.item);
  out.lines(...metricTable(items));
  if (items.length === 0) out.note('The version has no metrics.');
  else if (more) out.note(`There are more than these ${items.length}: raise --limit.`);
}

function parseStep(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw misused(`"${text}" is not a whole number.`);
  return Number(text);
}
