import { writeFile } from 'node:fs/promises';
import { Argument, Command, Option } from 'commander';
import { addressOf, type ChartOptions, type Ending, KINDS, type Kind } from '../chart/address.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';

type Options = Common & ChartOptions & { output?: string };

export function command(): Command {
  const chart = withCommon(new Command('chart'))
    .description('A chart as a picture, as data (.json) or as a Vega-Lite spec (.vl.json).')
    .addArgument(new Argument('<kind>', 'what to draw').choices(KINDS))
    .argument('<names...>', 'versions such as churn/7; for versions and badge a model')
    .option('-o, --output <file>', 'a file that ends in .svg, .json or .vl.json, instead of a picture on stdout')
    .option('--metric <name...>', 'which metric, or metrics')
    .option('--param <name...>', 'for parallel: these params')
    .addOption(new Option('--by <axis>', 'for history: over steps or time').choices(['step', 'time']))
    .option('--dataset <name>', 'results on this data set')
    .option('--digest <digest>', 'and on these bytes of it')
    .option('--evaluation <id>', 'results of this evaluation')
    .option('--width <pixels>', 'from 200 to 2000 (default: 720)')
    .option('--height <pixels>', 'from 200 to 2000 (default: 420)')
    .addOption(new Option('--theme <theme>', 'colours (default: light)').choices(['light', 'dark']))
    .action(
      action(async (out, { output, ...options }: Options, kind: Kind, names: string[]) => {
        const { client } = connect(options);
        const path = addressOf(kind, names, endingOf(output), options);
        // Charts are texts of three types at many addresses: asked for as they stand, past the types of the client.
        const get = client.GET as (path: string, init: object) => Promise<{ data?: string; response: Response }>;
        const text = await answerOf(get(`/api/v1${path}`, { parseAs: 'text' }));
        if (output === undefined) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
        else {
          await writeFile(output, text);
          out.document({ file: output, bytes: Buffer.byteLength(text) });
          out.lines(output);
        }
      }),
    );
  return withExamples(
    chart,
    'assayer chart history churn/7 churn/8 --metric val_loss -o loss.svg',
    'assayer chart versions churn --metric auc --dataset holdout -o auc.svg',
    'assayer chart metrics churn/@champion churn/@challenger --theme dark -o compare.svg',
    'assayer chart slices churn/8 -o slices.vl.json',
    'assayer chart badge churn -o badge.svg',
  );
}

function endingOf(output: string | undefined): Ending {
  if (output?.endsWith('.vl.json')) return '.vl.json';
  return output?.endsWith('.json') ? '.json' : '.svg';
}
