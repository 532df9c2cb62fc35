import { Command } from 'commander';
import { exportLedger } from '../ledger/export.ts';
import { type LogOptions, logOf } from '../ledger/log.ts';
import { type VerifyOptions, verify } from '../ledger/verify.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect, withServer } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { escapeBlock } from '../terminal/escape.ts';

export function command(): Command {
  const ledger = new Command('ledger').description('The ledger: every change, in order, as a Merkle tree.');
  ledger.addCommand(verifying()).addCommand(exporting()).addCommand(checkpoint()).addCommand(log());
  return withExamples(
    ledger,
    'assayer ledger verify',
    'assayer ledger export -o ledger.jsonl',
    'assayer ledger checkpoint > checkpoint.txt',
    'assayer ledger log --subject churn --follow',
  );
}

function verifying(): Command {
  const made = withCommon(new Command('verify'))
    .description(
      'Recompute the tree from every event and compare it with signed checkpoints: the one of now, and those seen before.',
    )
    .option('--file <export>', 'an export instead of a server; - reads stdin')
    .option('--checkpoint <file...>', 'older checkpoints that the ledger must still agree with')
    .option('--key <vkey>', "the ledger's verifier key, from elsewhere than the server")
    .action(action((out, options: Common & VerifyOptions) => verify(out, options)));
  return withExamples(
    made,
    'assayer ledger verify',
    'assayer ledger verify --checkpoint checkpoint-of-march.txt',
    'assayer ledger verify --file ledger.jsonl --checkpoint checkpoint.txt --key "assayer/…+…+…"',
  );
}

function exporting(): Command {
  const made = withCommon(new Command('export'))
    .description('Every event as JSON lines, from which anyone can recompute the tree.')
    .option('-o, --output <file>', 'a file instead of stdout')
    .option('--from <seq>', 'the first event')
    .option('--to <seq>', 'the last event')
    .action(
      action((out, options: Common & { output?: string; from?: string; to?: string }) => exportLedger(out, options)),
    );
  return withExamples(made, 'assayer ledger export -o ledger.jsonl', 'assayer ledger export --from 1000 | jq .type');
}

function checkpoint(): Command {
  const made = withCommon(new Command('checkpoint'))
    .description('The signed checkpoint of now: keep it where nobody who runs the server can change it.')
    .action(
      action(async (out, options: Common) => {
        const { client } = connect(options);
        const note = String(await answerOf(client.GET('/api/v1/ledger/checkpoint', { parseAs: 'text' })));
        out.document({ checkpoint: note });
        out.lines(escapeBlock(note.replace(/\n$/, '')));
      }),
    );
  return withExamples(made, 'assayer ledger checkpoint > checkpoint.txt');
}

function log(): Command {
  const made = withOutput(withServer(new Command('log')))
    .description('Events, the newest first.')
    .option('--subject <model[/number]>', 'of this model, or version')
    .option('--actor <name>', 'by this actor')
    .option('--type <type>', 'of this type, such as version.promoted')
    .option('--limit <n>', 'how many at most', '20')
    .option('--follow', 'the latest in order, then each as it happens')
    .action(action((out, options: LogOptions) => logOf(out, options)));
  return withExamples(
    made,
    'assayer ledger log --subject churn/7',
    'assayer ledger log --type version.promoted --follow --json',
  );
}
