import { Command } from 'commander';
import { LIMITS } from '../../contract/limits.ts';
import { misused } from '../exit.ts';
import { parseVersion } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { tellComparison } from '../show/comparison.ts';

interface Options extends Common {
  base?: string;
  asOf?: string;
}

export function command(): Command {
  const compare = withCommon(new Command('compare'))
    .description('Versions of any models side by side: facts, metrics, evaluations, signatures, files.')
    .argument('<model/ref...>', `2 to ${LIMITS.compared} versions`)
    .option('--base <version>', 'the one that the others are held against: its name, or its place from 0', '0')
    .option('--as-of <time>', 'as they were at that moment (RFC 3339)')
    .action(
      action(async (out, { base = '0', asOf, ...options }: Options, names: string[]) => {
        if (names.length < 2 || names.length > LIMITS.compared)
          throw misused(`Give 2 to ${LIMITS.compared} versions, such as churn/7 churn/@champion.`);
        for (const name of names) parseVersion(name);
        const { client } = connect(options);
        const query = { version: names, base: placeOf(base, names), ...(asOf !== undefined && { as_of: asOf }) };
        const comparison = await answerOf(client.GET('/api/v1/compare', { params: { query } }));
        out.document(comparison);
        tellComparison(out, comparison);
      }),
    );
  return withExamples(
    compare,
    'assayer compare churn/8 churn/@champion',
    'assayer compare churn/@champion churn/7 churn/8 --base churn/@champion',
    'assayer compare churn/7 fraud/3 --as-of 2026-03-31T23:59:59Z --json',
  );
}

function placeOf(text: string, names: readonly string[]): number {
  const place = /^\d{1,2}$/.test(text) ? Number(text) : names.indexOf(text);
  if (place < 0 || place >= names.length)
    throw misused(`"${text}" is none of the versions: write one as above, or its place from 0 to ${names.length - 1}.`);
  return place;
}
