import { Command } from 'commander';
import { misused } from '../exit.ts';
import { parseCount, parseMetric, parsePair, parseVersion, toRecord } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { firstItems } from '../server/pages.ts';
import { withInterval } from '../show/metrics.ts';
import { when } from '../show/words.ts';
import { escapeLine } from '../terminal/escape.ts';
import { table } from '../terminal/table.ts';

export function command(): Command {
  const evaluations = new Command('evaluations').description('What versions came to on data sets.');
  evaluations.addCommand(add()).addCommand(ls());
  return withExamples(
    evaluations,
    'assayer evaluations add churn/7 --dataset holdout --digest sha256:9f86d081 accuracy=0.93 --n 1000',
    'assayer evaluations ls churn/7',
    `assayer evaluations ls --filter "dataset.name = 'holdout' AND metrics.accuracy > 0.9"`,
  );
}

interface AddOptions extends Common {
  dataset: string;
  digest: string;
  n?: string;
  evaluator?: string;
  at?: string;
  tag?: string[];
}

function add(): Command {
  const made = withCommon(new Command('add'))
    .description('Record an evaluation. It is never changed after.')
    .argument('<model/ref>', 'the version')
    .argument('<name=value...>', 'metrics; NaN, inf and -inf are values too')
    .requiredOption('--dataset <name>', 'the name of the data set')
    .requiredOption('--digest <digest>', 'the digest of the data set: results are compared on the same one only')
    .option('--n <n>', 'how many examples there were: gives accuracy and its like an interval')
    .option('--evaluator <name>', 'what evaluated it')
    .option('--at <time>', 'when it was evaluated (RFC 3339), if not now')
    .option('--tag <key=value...>', 'tags')
    .action(
      action(async (out, options: AddOptions, name: string, given: string[]) => {
        const { model, ref } = parseVersion(name);
        const { dataset, digest, n, evaluator, at, tag } = options;
        const { client } = connect(options);
        const body = {
          dataset: { name: dataset, digest },
          metrics: toRecord(given.map(parseMetric)),
          ...(n !== undefined && { n: parseCount(n) }),
          ...(evaluator !== undefined && { evaluator }),
          ...(at !== undefined && { at }),
          ...(tag && { tags: toRecord(tag.map(parsePair)) }),
        };
        const path = { name: model, ref };
        const made = await answerOf(
          client.POST('/api/v1/models/{name}/versions/{ref}/evaluations', { params: { path }, body }),
        );
        out.document(made);
        out.lines(
          escapeLine(`evaluation ${made.id} of ${made.model}/${made.number} on ${dataset}`),
          ...Object.entries(made.metrics).map(([metric, value]) =>
            escapeLine(`  ${metric} ${withInterval(value, made.intervals[metric])}`),
          ),
        );
      }),
    );
  return withExamples(
    made,
    'assayer evaluations add churn/7 --dataset holdout --digest sha256:9f86d081 accuracy=0.93 auc=0.97 --n 1000',
  );
}

interface ListOptions extends Common {
  filter?: string;
  limit: string;
}

function ls(): Command {
  const made = withCommon(new Command('ls'))
    .description('List the evaluations of a version, or of all, the one recorded last first.')
    .argument('[model/ref]', 'the version')
    .option('--filter <filter>', `of all: a condition, such as "model = 'churn' AND metrics.auc > 0.9"`)
    .option('--limit <n>', 'how many at most', '50')
    .action(
      action(async (out, { filter, limit, ...options }: ListOptions, name: string | undefined) => {
        if (name !== undefined && filter !== undefined) throw misused('Name a version, or give a --filter over all.');
        const { client } = connect(options);
        const version = name === undefined ? undefined : parseVersion(name);
        const { items, more } = await firstItems(
          (page) =>
            version
              ? client.GET('/api/v1/models/{name}/versions/{ref}/evaluations', {
                  params: { path: { name: version.model, ref: version.ref }, query: page },
                })
              : client.GET('/api/v1/evaluations', { params: { query: { ...page, ...(filter && { filter }) } } }),
          parseCount(limit),
        );
        items.forEach(out.item);
        out.lines(
          ...table(items, [
            { head: 'ID', cell: (one) => one.id, right: true },
            { head: 'VERSION', cell: (one) => `${one.model}/${one.number}` },
            { head: 'DATA SET', cell: (one) => one.dataset.name, most: 30 },
            { head: 'DIGEST', cell: (one) => one.dataset.digest, most: 20 },
            { head: 'N', cell: (one) => one.n, right: true },
            {
              head: 'METRICS',
              cell: ({ metrics, intervals }) =>
                Object.entries(metrics)
                  .map(([metric, value]) => `${metric}=${withInterval(value, intervals[metric])}`)
                  .join(', '),
              most: 70,
            },
            { head: 'AT', cell: (one) => when(one.at) },
          ]),
        );
        if (items.length === 0) out.note('There is no evaluation like that.');
        else if (more) out.note(`There are more than these ${items.length}: raise --limit.`);
      }),
    );
  return withExamples(made, 'assayer evaluations ls churn/7', `assayer evaluations ls --filter "n >= 1000" --json`);
}
