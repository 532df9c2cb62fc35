import { type Html, html } from './escape.ts';
import type { Some } from './shown.ts';

export function section(title: string, body: unknown): Html {
  return html`<section>
<h2>${title}</h2>
${body}</section>`;
}

/** A table of a name and what is told of it; what is not known is left out. */
export function fields(rows: readonly (readonly [string, unknown])[]): Html {
  const known = rows.filter(([, value]) => value !== undefined && value !== null && value !== '' && !isEmpty(value));
  return html`<table>
<tbody>
${known.map(([name, value]) => html`<tr><th scope="row" class="short">${name}</th><td>${value}</td></tr>\n`)}</tbody>
</table>
`;
}

const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;

/** Numbers are set to the right. */
export function table(heads: readonly string[], rows: readonly (readonly unknown[])[], caption?: string): Html {
  if (rows.length === 0) return html`<p>There are none.</p>\n`;
  const cell = (value: unknown) =>
    typeof value === 'number' ? html`<td class="number">${value}</td>` : html`<td>${value}</td>`;
  return html`<table>
${caption === undefined ? '' : html`<caption>${caption}</caption>\n`}<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody>
</table>
`;
}

/** A word that is not broken. */
export function short(word: string): Html {
  return html`<span class="short">${word}</span>`;
}

/** Says so where a list is longer than what is shown of it. */
export function some({ shown, total }: Some<unknown>, file: string): Html | '' {
  return shown.length === total
    ? ''
    : html`<p>These are ${shown.length} of ${total}; all are in <code>${file}</code>.</p>\n`;
}

const LONGEST = 20_000;

export function longText(text: string, file: string): Html {
  const cut = text.slice(0, LONGEST);
  return html`<pre>${cut}</pre>
${cut.length < text.length ? html`<p>The rest is in <code>${file}</code>.</p>\n` : ''}`;
}
