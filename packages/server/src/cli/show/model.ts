import { formatSize } from '../../config/sizes.ts';
import { answerOf } from '../server/answer.ts';
import type { Connection } from '../server/connect.ts';
import { firstItems } from '../server/pages.ts';
import { escapeBlock } from '../terminal/escape.ts';
import { type Output, paint } from '../terminal/output.ts';
import { pairs, table } from '../terminal/table.ts';
import { listed, mapped, when } from './words.ts';

const VERSIONS_SHOWN = 20;

export async function showModel(
  { client }: Connection,
  out: Output,
  name: string,
  query: { as_of?: string },
): Promise<void> {
  const path = { name };
  const model = await answerOf(client.GET('/api/v1/models/{name}', { params: { path, query } }));
  const { items: versions, more } = await firstItems(
    (page) =>
      client.GET('/api/v1/models/{name}/versions', { params: { path, query: { ...page, ...query, sort: '-number' } } }),
    VERSIONS_SHOWN,
  );
  out.document({ model, versions, more_versions: more });
  out.lines(
    paint('bold', escapeBlock(model.name)),
    ...pairs([
      ['description', model.description],
      ['owner', model.owner],
      ['tags', mapped(model.tags)],
      ['properties', mapped(model.properties)],
      ['aliases', mapped(model.aliases)],
      ['production', listed(model.live.production)],
      ['staging', listed(model.live.staging)],
      ['registered', `${when(model.created_at)} by ${model.created_by}`],
      [
        'trash',
        model.deregistered &&
          `since ${when(model.deregistered.at)} by ${model.deregistered.by}: ${model.deregistered.reason}`,
      ],
    ]),
  );
  if (versions.length > 0)
    out.lines(
      '',
      ...table(versions, [
        { head: 'VERSION', cell: (v) => v.number, right: true },
        { head: 'STATUS', cell: (v) => v.status },
        { head: 'STATE', cell: (v) => v.state },
        { head: 'VERDICT', cell: (v) => v.verdict },
        { head: 'SIZE', cell: (v) => formatSize(v.size_bytes), right: true },
        { head: 'METRICS', cell: (v) => mapped(v.metrics), most: 40 },
        { head: 'ALIASES', cell: (v) => listed(v.aliases) },
        { head: 'CREATED', cell: (v) => when(v.created_at) },
        { head: 'BY', cell: (v) => v.created_by, most: 24 },
      ]),
    );
  if (more) out.note(`Only the newest ${VERSIONS_SHOWN} versions are shown: assayer search --versions lists all.`);
}
