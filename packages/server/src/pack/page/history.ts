import type { Approval, Check } from '../../contract/promotion.ts';
import type { Step } from '../told.ts';
import { type Html, html } from './escape.ts';
import type { Shown } from './shown.ts';
import { longText, short, some, table } from './tables.ts';

const WORDS: Record<string, string> = {
  'promotion.requested': 'asked for',
  'promotion.approved': 'approved',
  'promotion.rejected': 'rejected',
  'promotion.cancelled': 'cancelled',
  'promotion.expired': 'expired',
  'promotion.refused': 'refused',
  'version.promoted': 'promoted',
  'version.rolled-back': 'rolled back',
  'alias.set': 'alias set',
};

/** Every step that is told of, in the order in which they happened. */
export function promotions({ steps }: Shown): Html {
  if (steps.total === 0) return html`<p>There are none: it was never asked for.</p>\n`;
  return html`${some(steps, 'promotions.json')}${steps.shown.map(step)}`;
}

function step({ seq, at, type, subject, by, verified, promotion, reason, details }: Step): Html {
  const { from, to, alias, forced, superseded, checks } = details as Record<string, unknown> & { checks?: Check[] };
  const where = [
    typeof from === 'string' && typeof to === 'string' ? `${from} → ${to}` : typeof to === 'string' ? `to ${to}` : '',
    typeof alias === 'string' ? `@${alias}` : '',
    forced === true ? 'forced' : '',
    Array.isArray(superseded) && superseded.length > 0 ? `in place of ${superseded.join(', ')}` : '',
  ].filter(Boolean);
  const id = promotion === null ? '' : `Promotion ${promotion} `;
  return html`<h3>${id}${WORDS[type] ?? type}: ${subject} ${where.join(', ')}</h3>
<p>${at}, by ${by}${verified ? '' : ' (unverified)'}, event ${seq}${reason === null ? '.' : `: ${reason}`}</p>
${ruled(details)}${Array.isArray(checks) && checks.length > 0 ? table(['Check', 'Outcome', 'What was looked at'], checks.map(row)) : ''}`;
}

/** By which policy, and who approved. */
function ruled({ policy, approvals_needed, approvals, requested_by }: Record<string, unknown>): Html | string {
  const { of, version } = (policy ?? {}) as { of?: unknown; version?: unknown };
  const told = [
    of === 'built-in' ? 'Judged by the built-in policy' : '',
    of === 'default' || of === 'model'
      ? `Judged by version ${version} of the ${of}${of === 'model' ? "'s" : ''} policy`
      : '',
    typeof approvals_needed === 'number' && approvals_needed > 0 ? `approvals needed: ${approvals_needed}` : '',
    typeof requested_by === 'string' ? `asked for by ${requested_by}` : '',
    Array.isArray(approvals) && approvals.length > 0
      ? `approved by ${(approvals as Approval[]).map((one) => `${one.by} (${one.at})${one.reason ? `: ${one.reason}` : ''}`).join('; ')}`
      : '',
  ].filter(Boolean);
  const sentence = told.join(', ');
  return sentence === '' ? '' : html`<p>${sentence.charAt(0).toUpperCase() + sentence.slice(1)}.</p>\n`;
}

function row({ check, outcome, detail, remedy }: Check): unknown[] {
  const failed = outcome === 'failed';
  return [
    short(check),
    failed ? html`<strong class="failed">failed</strong>` : outcome,
    failed && remedy ? `${detail}. What would make it pass: ${remedy}` : detail,
  ];
}

/** Edits of policies that were in force at one of the steps, or are now. */
export function policies({ edits }: Shown): Html {
  if (edits.total === 0) return html`<p>Nobody had set one: the built-in policy was in force.</p>\n`;
  return html`${some(edits, 'policy.json')}${edits.shown.map(
    ({ seq, at, of, subject, by, policy }) => html`<h3>${of === 'default' ? 'The default' : subject}</h3>
<p>Set ${at} by ${by}, event ${seq}.</p>
${longText(JSON.stringify(policy, null, 2), 'policy.json')}`,
  )}`;
}

export function events({ events: list }: Shown): Html {
  const rows = list.shown.map(({ seq, at, actor, verified, type, subject, reason }) => [
    seq,
    short(at),
    verified ? actor : `${actor} (unverified)`,
    short(type),
    subject,
    reason ?? '',
  ]);
  return html`${some(list, 'events.jsonl')}${table(['Event', 'Time', 'Actor', 'What', 'Of', 'Reason'], rows)}`;
}
