import { Command } from 'commander';
import { formatSize } from '../../config/sizes.ts';
import { misused } from '../exit.ts';
import { parseCount } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { firstItems } from '../server/pages.ts';
import { listed, mapped, when } from '../show/words.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';

interface Options extends Common {
  query?: string;
  filter?: string;
  sort?: string;
  limit: string;
  versions?: boolean;
  asOf?: string;
}

export function command(): Command {
  const search = withCommon(new Command('search'))
    .description('Find models, or with --versions versions over all models.')
    .argument('[text...]', 'words to look for in names, descriptions, tags and cards; every word is a prefix')
    .option('-q, --query <text>', 'the same as an option')
    .option('--filter <filter>', `a condition, such as "tags.team = 'growth' AND metrics.auc > 0.9"`)
    .option('--sort <keys>', 'keys separated by commas, - before one for descending')
    .option('--limit <n>', 'how many at most', '50')
    .option('--versions', 'versions rather than models')
    .option('--as-of <time>', 'as it was at that moment (RFC 3339)')
    .action(action(run));
  return withExamples(
    search,
    'assayer search churn',
    `assayer search --filter "tags.team = 'growth'" --sort -updated_at`,
    `assayer search --versions --filter "status = 'production' AND metrics.auc > 0.9" --json`,
  );
}

async function run(out: Output, options: Options, words: string[]): Promise<void> {
  const { query, filter, sort, asOf, versions } = options;
  if (query !== undefined && words.length > 0) throw misused('Give the words either after the options or with -q.');
  const q = query ?? words.join(' ');
  const limit = parseCount(options.limit);
  const asked = { ...(q && { q }), ...(filter && { filter }), ...(sort && { sort }), ...(asOf && { as_of: asOf }) };
  const { client } = connect(options);
  if (versions) {
    const { items, more } = await firstItems(
      (page) => client.GET('/api/v1/versions', { params: { query: { ...page, ...asked } } }),
      limit,
    );
    items.forEach(out.item);
    out.lines(
      ...table(items, [
        { head: 'VERSION', cell: (v) => `${v.model}/${v.number}` },
        { head: 'STATUS', cell: (v) => v.status },
        { head: 'VERDICT', cell: (v) => v.verdict },
        { head: 'SIZE', cell: (v) => formatSize(v.size_bytes), right: true },
        { head: 'METRICS', cell: (v) => mapped(v.metrics), most: 40 },
        { head: 'ALIASES', cell: (v) => listed(v.aliases), most: 30 },
        { head: 'CREATED', cell: (v) => when(v.created_at) },
      ]),
    );
    tellMore(more, items.length);
    return;
  }
  const { items, more } = await firstItems(
    (page) => client.GET('/api/v1/models', { params: { query: { ...page, ...asked } } }),
    limit,
  );
  items.forEach(out.item);
  out.lines(
    ...table(items, [
      { head: 'MODEL', cell: (m) => m.name },
      { head: 'LATEST', cell: (m) => m.latest_version, right: true },
      { head: 'PRODUCTION', cell: (m) => listed(m.live.production), most: 20 },
      { head: 'ALIASES', cell: (m) => mapped(m.aliases), most: 30 },
      { head: 'OWNER', cell: (m) => m.owner, most: 24 },
      { head: 'DESCRIPTION', cell: (m) => m.description, most: 50 },
      { head: 'UPDATED', cell: (m) => when(m.updated_at) },
    ]),
  );
  tellMore(more, items.length);

  function tellMore(more: boolean, shown: number) {
    if (shown === 0) out.note(`No ${versions ? 'version' : 'model'} is like that.`);
    else if (more) out.note(`There are more than these ${shown}: raise --limit.`);
  }
}
