import { Command, Option } from 'commander';
import { STATUSES, type Status } from '../../contract/version.ts';
import { misused } from '../exit.ts';
import { parseModel } from '../names.ts';
import { type Described, describeVersion } from '../push/describe.ts';
import { goingOn } from '../push/going-on.ts';
import { assertDigest, hashAll, type PushParts, pushFiles } from '../push/push.ts';
import { tellSummary } from '../push/summary.ts';
import { openVersion } from '../push/version.ts';
import { walk } from '../push/walk.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { LONG } from '../server/retry.ts';
import { tellPromotion } from '../show/promotion.ts';
import { interruptible } from '../signals.ts';
import type { Output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { parseAlias } from './alias.ts';

interface Options extends Common, Described {
  version?: string;
  create?: boolean;
  seal: boolean;
  promote?: Status;
  reason?: string;
  alias?: string[];
}

export function command(): Command {
  const push = withCommon(new Command('push'))
    .description(
      'Publish a file, or a folder with all that is in it, as a new version. Bytes that the server has are not sent.',
    )
    .argument('<model>', 'the model')
    .argument('<path>', 'a file or a folder; symbolic links are refused')
    .option('--description <text>', 'of the version')
    .option('--tag <key=value...>', 'tags')
    .option('--property <key=json...>', 'typed properties; what is not JSON is text')
    .option('--framework <name>', 'such as sklearn')
    .option('--metric <key=number...>', 'metrics')
    .option('--run-id <id>', 'the training run')
    .option('--git-commit <sha>', 'the commit of the training code')
    .option('--git-url <url>', 'its repository')
    .option('--card <file>', 'the model card, Markdown')
    .option('--create', 'register the model, even if another one had the name (default: if the name is new)')
    .option('--no-create', 'refuse a model that is not registered')
    .option('--no-seal', 'leave the version open for more files')
    .option('--version <number>', 'go on with an open version instead of creating one')
    .addOption(new Option('--promote <status>', 'then promote it').choices(STATUSES))
    .option('--reason <text>', 'why it is promoted')
    .option('--alias <alias...>', 'then point these aliases at it')
    .action(action(run));
  return withExamples(
    push,
    'assayer push churn model.pkl --metric auc=0.93 --git-commit "$(git rev-parse HEAD)"',
    'assayer push churn out/ --tag team=growth --property rows=120000 --alias challenger',
    'assayer push churn out/ --version 7    # after it was interrupted',
  );
}

async function run(out: Output, options: Options, name: string, path: string): Promise<void> {
  const model = parseModel(name);
  const status = options.promote;
  if (status && !options.seal) throw misused('What is promoted must be sealed: leave out --no-seal or --promote.');
  const described = await describeVersion(options);
  if (options.version !== undefined && Object.keys(described).length > 0)
    throw misused(
      '--version goes on with a version that is described already: change it with assayer tag, or in the UI.',
    );
  const aliases = (options.alias ?? []).map(parseAlias);
  const files = await walk(path);
  const connection = connect(options, LONG);
  await interruptible(async (signal) => {
    const progress = createProgress(out);
    const parts: PushParts = { connection, progress, signal, seal: options.seal, onRetry: () => {} };
    parts.onRetry = (why) => out.note(`Trying again: ${why}.`);
    const hashed = await goingOn(undefined, path, () => hashAll(files, parts), signal);
    // Asked with little patience: a wrong address should be told at once.
    const version = await openVersion(connect(options), model, { ...options, described });
    const { pushed, digest } = await goingOn(version, path, () => pushFiles(parts, version, hashed), signal);
    assertDigest(pushed.version, digest);
    tellSummary(out, pushed);
    const { number } = version;
    const params = { path: { name: model, ref: String(number) } };
    for (const alias of aliases) {
      const set = await answerOf(
        connection.client.PUT('/api/v1/models/{name}/aliases/{alias}', {
          params: { path: { name: model, alias } },
          body: { version: number },
        }),
      );
      if ('state' in set) tellPromotion(out, set);
    }
    const body = status && { to: status, ...(options.reason && { reason: options.reason }) };
    const promotion =
      body &&
      (await answerOf(connection.client.POST('/api/v1/models/{name}/versions/{ref}/promotions', { params, body })));
    if (promotion) tellPromotion(out, promotion);
    out.document({ ...pushed, ...(promotion && { version: promotion.version ?? pushed.version, promotion }) });
  });
}
