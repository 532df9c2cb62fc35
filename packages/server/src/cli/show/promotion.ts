import type { Promotion } from '../../contract/promotion.ts';
import { checkLine } from '../server/answer.ts';
import { escapeLine } from '../terminal/escape.ts';
import type { Output } from '../terminal/output.ts';
import { when } from './words.ts';

/** Every check, then what happened. */
export function tellPromotion(out: Output, promotion: Promotion): void {
  const { checks, superseded, model, alias } = promotion;
  out.lines(...checks.map((one) => escapeLine(checkLine(one))));
  out.lines(...becameOf(promotion).map(escapeLine));
  if (promotion.state !== 'executed') return;
  for (const left of superseded)
    out.lines(escapeLine(alias === null ? `${model}/${left} was archived for it` : `${model}/${left} was it before`));
}

function becameOf(promotion: Promotion): string[] {
  const { id, model, number, from, to, alias, state, forced, closed, by } = promotion;
  const version = `${model}/${number}`;
  if (state === 'executed') {
    const moved = from === to ? `is in ${to}` : `moved from ${from} to ${to}`;
    return [`${version} ${alias === null ? moved : `is @${alias}`}${forced ? ', although a check failed' : ''}`];
  }
  const what = `${version} to ${alias === null ? to : `@${alias}`}`;
  if (state === 'waiting') {
    const { approvals, approvals_needed, expires_at } = promotion;
    return [
      `promotion ${id} (${what}) waits: ${approvals.length} of ${approvals_needed} approvals, until ${when(expires_at ?? '')}`,
      `anyone but ${by} approves it with: assayer promotions approve ${id}`,
    ];
  }
  const who = closed ? ` by ${closed.by}${closed.reason === null ? '' : `: ${closed.reason}`}` : '';
  return [`promotion ${id} (${what}) was ${state === 'refused' ? 'refused: a check failed' : `${state}${who}`}`];
}
