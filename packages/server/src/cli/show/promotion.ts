import type { Promotion } from '../../contract/promotion.ts';
import { checkLine } from '../server/answer.ts';
import { escapeLine } from '../terminal/escape.ts';
import type { Output } from '../terminal/output.ts';

/** Every check, then what happened. */
export function tellPromotion(out: Output, promotion: Promotion): void {
  const { model, number, from, to, checks, superseded, forced } = promotion;
  out.lines(...checks.map((one) => escapeLine(checkLine(one))));
  const moved = from === to ? `is in ${to}` : `moved from ${from} to ${to}`;
  out.lines(escapeLine(`${model}/${number} ${moved}${forced ? ', although a check failed' : ''}`));
  for (const left of superseded) out.lines(escapeLine(`${model}/${left} was archived for it`));
}
