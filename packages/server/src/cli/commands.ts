import type { Command } from 'commander';

interface Entry {
  name: string;
  summary: string;
  /** Loaded only when it is asked for, so that the others start quickly. */
  load(): Promise<{ command(): Command }>;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly Entry[] = [
  { name: 'serve', summary: 'start the server', load: () => import('./commands/serve.ts') },
  { name: 'push', summary: 'publish a file or folder as a new version', load: () => import('./commands/push.ts') },
  { name: 'pull', summary: 'fetch a version, verified', load: () => import('./commands/pull.ts') },
  { name: 'search', summary: 'find models and versions', load: () => import('./commands/search.ts') },
  { name: 'show', summary: 'show a model or a version', load: () => import('./commands/show.ts') },
  { name: 'promote', summary: 'move a version to another status', load: () => import('./commands/promote.ts') },
  { name: 'check', summary: 'say whether a version could be promoted', load: () => import('./commands/check.ts') },
  { name: 'rollback', summary: 'put the previous version back', load: () => import('./commands/rollback.ts') },
  { name: 'alias', summary: 'set, remove and list aliases', load: () => import('./commands/alias.ts') },
  { name: 'metrics', summary: 'add and list metrics of a version', load: () => import('./commands/metrics.ts') },
  {
    name: 'evaluations',
    summary: 'record and list what versions came to on data sets',
    load: () => import('./commands/evaluations.ts'),
  },
  { name: 'leaderboard', summary: 'rank versions on a data set', load: () => import('./commands/leaderboard.ts') },
  {
    name: 'promotions',
    summary: 'what waits for approval: approve, reject, cancel',
    load: () => import('./commands/promotions.ts'),
  },
  { name: 'policy', summary: 'what a promotion has to meet', load: () => import('./commands/policy.ts') },
  { name: 'compare', summary: 'hold versions against each other', load: () => import('./commands/compare.ts') },
  { name: 'tag', summary: 'set and remove tags', load: () => import('./commands/tag.ts') },
  { name: 'rename', summary: 'give a model another name', load: () => import('./commands/rename.ts') },
  { name: 'rm', summary: 'move a model or version to the trash', load: () => import('./commands/rm.ts') },
  { name: 'restore', summary: 'take a model or version out of the trash', load: () => import('./commands/restore.ts') },
  { name: 'trash', summary: 'list what can be restored', load: () => import('./commands/trash.ts') },
  { name: 'evidence', summary: 'fetch a pack of evidence, verify one', load: () => import('./commands/evidence.ts') },
  { name: 'chart', summary: 'draw metrics, comparisons and evaluations', load: () => import('./commands/chart.ts') },
  { name: 'ledger', summary: 'verify, export and read the ledger', load: () => import('./commands/ledger.ts') },
  { name: 'config', summary: 'show the configuration in effect', load: () => import('./commands/config.ts') },
  { name: 'migrate', summary: 'bring a database up to this version', load: () => import('./commands/migrate.ts') },
  { name: 'health', summary: 'ask a server whether it is ready', load: () => import('./commands/health.ts') },
  { name: 'doctor', summary: 'examine an installation on this machine', load: () => import('./commands/doctor.ts') },
  {
    name: 'backup',
    summary: 'save rows and bytes beside a running server',
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore-backup',
    summary: 'restore a backup to an empty place, or verify it',
    load: () => import('./commands/restore-backup.ts'),
  },
  { name: 'scrub', summary: 'hash every stored blob', load: () => import('./commands/scrub.ts') },
  { name: 'sweep', summary: 'remove bytes that no version names', load: () => import('./commands/sweep.ts') },
];

/** Commands of `@bomb.sh/tab`: the first prints a shell's script, the second is what the script calls. */
export const COMPLETION = { name: 'completion', hidden: 'complete', summary: 'print a completion script for a shell' };
