import { problemOf } from 'assayer-client';
import { Command } from 'commander';
import { parseSubject, type Subject } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf, endOf, kindOf } from '../server/answer.ts';
import { type Connection, connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { when } from '../show/words.ts';
import { confirm } from '../terminal/confirm.ts';
import { escapeLine } from '../terminal/escape.ts';

interface Options extends Common {
  reason: string;
  force?: boolean;
  purge?: boolean;
  yes?: boolean;
}

interface Gone {
  deregistered: { purge_after: string } | null;
}

export function command(): Command {
  const rm = withCommon(new Command('rm'))
    .description('Move a model or a version to the trash, from where it can be restored.')
    .argument('<model[/ref]>', 'a model, or a version')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--force', 'also when it is in production')
    .option('--purge', 'out of the trash too: only number, digest and reason stay. This cannot be undone')
    .option('--yes', 'do not ask')
    .action(
      action(async (out, { purge = false, yes = false, ...options }: Options, name: string) => {
        const subject = parseSubject(name);
        const what =
          subject.ref === undefined ? `the model ${subject.model} with all its versions` : `the version ${name}`;
        const question = purge ? `Purge ${what} for ever?` : `Move ${what} to the trash?`;
        if (!(await confirm(question, yes))) return out.note('Nothing was changed.');
        const connection = connect(options);
        const gone = await deregister(connection, subject, options, purge);
        if (purge) {
          const purged = await purgeOf(connection, gone.subject);
          out.document(purged);
          out.lines(escapeLine(`${name} is purged: number, digest and reason stay`));
          return;
        }
        out.document(gone.answer);
        const until = gone.answer?.deregistered?.purge_after;
        out.lines(
          escapeLine(`${name} is in the trash${until ? ` until ${when(until)}` : ''}; assayer restore takes it out`),
        );
      }),
    );
  return withExamples(
    rm,
    'assayer rm churn/3 --reason "trained on leaked labels"',
    'assayer rm churn --reason "replaced by churn-eu" --yes',
    'assayer rm churn/3 --reason "personal data" --purge --yes',
  );
}

/** To the trash. What is there already can still be purged. */
async function deregister(
  { client }: Connection,
  subject: Subject,
  { reason, force = false }: { reason: string; force?: boolean },
  purge: boolean,
): Promise<{ answer: Gone | undefined; subject: Subject }> {
  const { model, ref } = subject;
  const query = { reason, force };
  if (ref === undefined) {
    const { data, error, response } = await client.DELETE('/api/v1/models/{name}', {
      params: { path: { name: model }, query },
    });
    if (purge && isInTrash(error)) return { answer: undefined, subject };
    if (!response.ok) throw endOf(response.status, error);
    return { answer: data as Gone, subject };
  }
  const path = { name: model, ref };
  const { data, error, response } = await client.DELETE('/api/v1/models/{name}/versions/{ref}', {
    params: { path, query },
  });
  if (purge && isInTrash(error)) return { answer: undefined, subject };
  if (!response.ok) throw endOf(response.status, error);
  // `latest` or an alias no longer names it.
  const { number } = data as unknown as { number: number };
  return { answer: data as Gone, subject: { model, ref: String(number) } };
}

function isInTrash(error: unknown): boolean {
  const problem = problemOf(error);
  return /^(model|version)-not-found$/.test(kindOf(problem)) && Boolean(problem?.deregistered);
}

function purgeOf({ client }: Connection, { model, ref }: Subject): Promise<unknown> {
  if (ref === undefined)
    return answerOf(client.POST('/api/v1/models/{name}/purge', { params: { path: { name: model } } }));
  return answerOf(
    client.POST('/api/v1/models/{name}/versions/{ref}/purge', { params: { path: { name: model, ref } } }),
  );
}
