import type { Check, Fact } from '../../../contract/promotion.ts';

/** What a check came to, and what it looked at. */
export type Outcome = Pick<Check, 'outcome' | 'detail' | 'remedy' | 'evidence'>;

export function passed(detail: string, evidence: Fact[]): Outcome {
  return { outcome: 'passed', detail, evidence };
}

/** `remedy`: what would make it pass. */
export function failed(detail: string, remedy: string, evidence: Fact[]): Outcome {
  return { outcome: 'failed', detail, remedy, evidence };
}
