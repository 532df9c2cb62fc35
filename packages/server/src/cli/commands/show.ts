import { Command } from 'commander';
import { parseSubject } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { showModel } from '../show/model.ts';
import { showVersion } from '../show/version.ts';

interface Options extends Common {
  asOf?: string;
}

export function command(): Command {
  const show = withCommon(new Command('show'))
    .description('Show a model with its versions, or a version with its artifacts, metrics and lineage.')
    .argument('<model[/ref]>', 'a model, or a version: churn/7, churn/latest, churn/@champion, churn/production')
    .option('--as-of <time>', 'as it was at that moment (RFC 3339)')
    .action(
      action(async (out, { asOf, ...options }: Options, name: string) => {
        const { model, ref } = parseSubject(name);
        const connection = connect(options);
        const query = { ...(asOf && { as_of: asOf }) };
        if (ref === undefined) await showModel(connection, out, model, query);
        else await showVersion(connection, out, model, ref, query);
      }),
    );
  return withExamples(
    show,
    'assayer show churn',
    'assayer show churn/@champion',
    'assayer show churn/production --as-of 2026-03-31T23:59:59Z --json',
  );
}
