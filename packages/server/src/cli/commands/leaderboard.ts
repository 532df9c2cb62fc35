import { Command } from 'commander';
import { misused } from '../exit.ts';
import { parseCount, parseModel } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { firstItems } from '../server/pages.ts';
import { withInterval } from '../show/metrics.ts';
import { when } from '../show/words.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';

interface Options extends Common {
  digest?: string;
  model?: string;
  direction?: string;
  limit: string;
}

export function command(): Command {
  const leaderboard = withCommon(new Command('leaderboard'))
    .description('Versions by what they came to on a data set, the best first.')
    .argument('<dataset>', 'the name of the data set')
    .argument('<metric>', 'the metric')
    .option('--digest <digest>', 'the digest of the data set, if not the one recorded on last')
    .option('--model <name>', 'only versions of this model')
    .option('--direction <way>', 'higher or lower is better, if the definition of the metric does not say so')
    .option('--limit <n>', 'how many at most', '20')
    .action(action(run));
  return withExamples(
    leaderboard,
    'assayer leaderboard holdout accuracy',
    'assayer leaderboard holdout latency_ms --model churn --json',
  );
}

async function run(out: Output, options: Options, dataset: string, metric: string): Promise<void> {
  const { digest, model, direction } = options;
  const { client } = connect(options);
  const asked = {
    metric,
    ...(digest !== undefined && { digest }),
    ...(model !== undefined && { model: parseModel(model) }),
    ...(direction !== undefined && { direction: parseDirection(direction) }),
  };
  const path = { name: dataset };
  let of: { dataset: { digest: string }; direction: string; unit: string | null } | undefined;
  const { items, more } = await firstItems(async (page) => {
    const answer = await client.GET('/api/v1/datasets/{name}/leaderboard', {
      params: { path, query: { ...page, ...asked } },
    });
    of ??= answer.data;
    return answer;
  }, parseCount(options.limit));
  items.forEach(out.item);
  out.lines(
    ...table(items, [
      { head: 'RANK', cell: (one) => one.rank, right: true },
      { head: 'VERSION', cell: (one) => `${one.model}/${one.number}` },
      { head: of?.unit ? `${metric} [${of.unit}]` : metric, cell: (one) => withInterval(one.value, one.interval) },
      { head: 'N', cell: (one) => one.n, right: true },
      { head: 'STATUS', cell: (one) => one.status },
      { head: 'AT', cell: (one) => when(one.at) },
    ]),
  );
  if (items.length === 0) out.note(`No version was evaluated by ${metric} on ${dataset}.`);
  else if (of)
    out.note(
      `${dataset} ${of.dataset.digest}, ${of.direction} is better${more ? '; there are more: raise --limit' : ''}.`,
    );
}

function parseDirection(text: string): 'higher' | 'lower' {
  if (text !== 'higher' && text !== 'lower') throw misused(`--direction is higher or lower, not "${text}".`);
  return text;
}
