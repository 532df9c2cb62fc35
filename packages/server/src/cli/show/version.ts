import { formatSize } from '../../config/sizes.ts';
import { answerOf } from '../server/answer.ts';
import type { Connection } from '../server/connect.ts';
import { firstItems } from '../server/pages.ts';
import { escapeLine } from '../terminal/escape.ts';
import { type Output, paint } from '../terminal/output.ts';
import { pairs, table } from '../terminal/table.ts';
import { listed, mapped, verdictIn, when } from './words.ts';

const ARTIFACTS_SHOWN = 50;
const FINDINGS_SHOWN = 5;

export async function showVersion(
  { client }: Connection,
  out: Output,
  name: string,
  ref: string,
  query: { as_of?: string },
): Promise<void> {
  const version = await answerOf(
    client.GET('/api/v1/models/{name}/versions/{ref}', { params: { path: { name, ref }, query } }),
  );
  const path = { name: version.model, ref: String(version.number) };
  const { items: artifacts, more } = await firstItems(
    (page) => client.GET('/api/v1/models/{name}/versions/{ref}/artifacts', { params: { path, query: page } }),
    ARTIFACTS_SHOWN,
  );
  out.document({ version, artifacts, more_artifacts: more });
  const { lineage } = version;
  out.lines(
    `${paint('bold', escapeLine(`${version.model}/${version.number}`))}  ${version.status}, ${version.state}`,
    ...pairs([
      ['digest', version.digest],
      [
        'size',
        `${formatSize(version.size_bytes)} in ${version.artifact_count} ${version.artifact_count === 1 ? 'file' : 'files'}`,
      ],
    ]),
    `verdict  ${verdictIn(version.verdict)}`,
    ...pairs([
      ['description', version.description],
      ['framework', version.framework],
      ['aliases', listed(version.aliases)],
      ['tags', mapped(version.tags)],
      ['properties', mapped(version.properties)],
      ['metrics', mapped(version.metrics)],
      ['run', lineage?.run_id],
      ['commit', [lineage?.git_url, lineage?.git_commit].filter(Boolean).join(' ')],
      ['data sets', listed(lineage?.datasets?.map((one) => [one.name, one.digest].filter(Boolean).join(' ')))],
      ['base', lineage?.base && `${lineage.base.model}/${lineage.base.version} ${lineage.base.relation ?? ''}`.trim()],
      ['created', `${when(version.created_at)} by ${version.created_by}`],
      ['trash', version.deregistered && `since ${when(version.deregistered.at)}: ${version.deregistered.reason}`],
    ]),
  );
  if (artifacts.length === 0) return;
  out.lines(
    '',
    ...table(artifacts, [
      { head: 'PATH', cell: (a) => a.path },
      { head: 'SIZE', cell: (a) => formatSize(a.size_bytes), right: true },
      { head: 'FORMAT', cell: (a) => a.format },
      { head: 'VERDICT', cell: (a) => a.verdict },
      { head: 'SHA-256', cell: (a) => a.sha256.slice(0, 12) },
    ]),
  );
  for (const { path: where, findings } of artifacts) {
    const bad = findings.filter((one) => one.severity !== 'info');
    for (const one of bad.slice(0, FINDINGS_SHOWN))
      out.lines(escapeLine(`${where}: ${one.severity}: ${one.what} (${one.rule}, ${one.where})`));
    if (bad.length > FINDINGS_SHOWN)
      out.lines(escapeLine(`${where}: and ${bad.length - FINDINGS_SHOWN} more findings`));
  }
  if (more) out.note(`Only ${ARTIFACTS_SHOWN} of ${version.artifact_count} files are shown.`);
}
