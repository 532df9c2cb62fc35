import { Command } from 'commander';
import { type FetchOptions, fetchPack } from '../evidence/fetch.ts';
import { type VerifyOptions, verify } from '../evidence/verify.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { type Common, withCommon } from '../server/options.ts';

export function command(): Command {
  const evidence = withCommon(new Command('evidence'))
    .description(
      'Fetch all that is known of a sealed version, and why it was promoted, as one ZIP that proves itself offline. It is ' +
        'verified before it gets its name.',
    )
    .argument('<model/ref>', 'the version: churn/7, churn/latest, churn/@champion, churn/production')
    .option('-o, --output <file>', 'where to (default: MODEL-NUMBER-evidence.zip)')
    .option('--force', 'replace a file that is there')
    .action(action((out, options: Common & FetchOptions, name: string) => fetchPack(out, options, name)));
  evidence.addCommand(verifying());
  return withExamples(
    evidence,
    'assayer evidence churn/7 -o churn-7.zip',
    'assayer evidence verify churn-7.zip --key "assayer/…+…+…"',
    'assayer evidence verify churn-7.zip --checkpoint checkpoint-of-march.txt --artifacts churn-7/',
  );
}

function verifying(): Command {
  const made = withOutput(new Command('verify'))
    .description(
      'Verify a pack without a network: every file by its digest, every event by its place in the signed tree, and that ' +
        'the rest says what the events say.',
    )
    .argument('<file>', 'a pack that "assayer evidence" fetched')
    .option('--key <vkey>', "the ledger's verifier key, from elsewhere than the pack")
    .option('--checkpoint <file>', 'a checkpoint of the ledger that was kept')
    .option('--artifacts <folder>', 'the files of the version, as "assayer pull" left them')
    .action(action((out, options: VerifyOptions, file: string) => verify(out, options, file)));
  return withExamples(
    made,
    'assayer evidence verify churn-7.zip --key "assayer/…+…+…"',
    'assayer evidence verify churn-7.zip --artifacts churn-7/ --json | jq .ok',
  );
}
