import { createHash } from 'node:crypto';
import { type Html, html } from './escape.ts';
import { events, policies, promotions } from './history.ts';
import { evaluations, metrics } from './results.ts';
import type { Shown } from './shown.ts';
import { STYLE } from './style.ts';
import { fields, longText, section, short, some, table } from './tables.ts';

const HASH = createHash('sha256').update(STYLE).digest('base64');
// Nothing is loaded and nothing runs, whoever opens it and wherever it lies.
const CSP = `default-src 'none'; style-src 'sha256-${HASH}'; base-uri 'none'; form-action 'none'`;

/** What a pack holds, to be read and printed: one file without scripts, pictures or links to elsewhere. */
export function pageOf(shown: Shown): string {
  const { version, left_out } = shown;
  const title = `Evidence of ${version.model}/${version.number}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CSP}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${summaryOf(shown)}</p>
</header>
<main>
${section('The version', aboutVersion(shown))}
${
  left_out.length > 0
    ? section(
        'Left out',
        left_out.map((line) => html`<p>${line}</p>\n`),
      )
    : ''
}
${section('Promotions', promotions(shown))}
${section('Evaluations', evaluations(shown))}
${section('Metrics', metrics(shown))}
${section('Artifacts', artifacts(shown))}
${section('Lineage', lineage(shown))}
${section('Card', version.card === null ? html`<p>None was written.</p>\n` : longText(version.card, 'card.md'))}
${section('The model', aboutModel(shown))}
${section('Policies', policies(shown))}
${section('Events', events(shown))}
${section('How to verify this', howTo(shown))}
</main>
</body>
</html>
`;
  return page.text;
}

function raw(text: string): Html {
  return Object.assign(html``, { text });
}

function summaryOf({ version, ledger, assayer }: Shown): Html {
  return html`Status ${version.status}, verdict ${version.verdict}${version.deregistered ? ', deregistered' : ''}, as of event ${ledger.size} of the ledger
<code>${ledger.origin}</code> (${ledger.as_of}). Put together by Assayer ${assayer}.`;
}

function aboutVersion({ version }: Shown): Html {
  const { signature, deregistered } = version;
  return fields([
    ['Digest', html`<code>${version.digest}</code>`],
    ['Artifacts', `${version.artifact_count}, ${version.size_bytes} bytes`],
    ['Verdict', `${version.verdict}: the worst of its artifacts`],
    ['Status', version.status],
    ['Aliases', version.aliases.join(', ')],
    ['Framework', version.framework],
    ['Description', version.description],
    ['Created', `${version.created_at} by ${version.created_by}`],
    ['Updated', version.updated_at],
    ['Deregistered', deregistered && `${deregistered.at} by ${deregistered.by}: ${deregistered.reason}`],
    ['Tags', Object.entries(version.tags).map(([key, value]) => html`${key}: ${value.slice(0, 500)}<br>`)],
    ['Properties', json(version.properties)],
    ['Signature', signature && json(signature)],
  ]);
}

function aboutModel({ model }: Shown): Html {
  return fields([
    ['Name', model.name],
    ['Owner', model.owner],
    ['Description', model.description],
    ['Created', `${model.created_at} by ${model.created_by}`],
    ['In production', model.live.production.join(', ')],
    ['In staging', model.live.staging.join(', ')],
  ]);
}

function lineage({ version }: Shown): Html {
  const { lineage: told, source } = version;
  if (!told && !source) return html`<p>None was told.</p>\n`;
  return fields([
    ['Run', told?.run_id],
    ['Commit', told?.git_commit],
    ['Repository', told?.git_url],
    [
      'Data sets',
      (told?.datasets ?? []).map(({ name, digest, uri }) => html`${name} <code>${digest}</code> ${uri}<br>`),
    ],
    ['Made from', told?.base && `${told.base.model}/${told.base.version} ${told.base.relation ?? ''}`],
    ['Source', source?.uri],
  ]);
}

function artifacts({ artifacts: list }: Shown): Html {
  const rows = list.shown.map(({ path, size_bytes, sha256, format, verdict, findings, rules_version }) => [
    path,
    size_bytes,
    html`<code>${sha256}</code>`,
    short(format),
    short(verdict),
    [
      ...findings
        .slice(0, 5)
        .map(({ severity, where, what }) => html`${severity}, ${where}: ${what.slice(0, 300)}<br>`),
      findings.length > 5 ? `${findings.length - 5} more. ` : '',
      `Rules ${rules_version}`,
    ],
  ]);
  return html`${some(list, 'artifacts.json')}${table(['Path', 'Bytes', 'SHA-256', 'Format', 'Verdict', 'Findings'], rows)}`;
}

function json(value: unknown): Html | undefined {
  if (value && typeof value === 'object' && Object.keys(value).length === 0) return undefined;
  return html`<code>${JSON.stringify(value).slice(0, 4_000)}</code>`;
}

function howTo({ ledger }: Shown): Html {
  return html`<p>The archive that this page came in proves itself, without a network: <code>assayer evidence verify FILE --key KEY</code>, where the key is
that of <code>${ledger.origin}</code>, had from elsewhere than this archive. Without a key it shows that the archive agrees with itself, and no more.</p>
<p>Every event above is a leaf of a Merkle tree (RFC 6962) of ${ledger.size} events with the root <code>${ledger.root}</code>, signed in
<code>checkpoint.txt</code>. What the page says of promotions, evaluations, policies and the version itself follows from these events.</p>
`;
}
