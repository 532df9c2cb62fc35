import type { SubjectChange } from '../contract/event.ts';
import type { EventSubjectTable } from '../db/tables.ts';

/** Stands in `event_subject` for a model with all its versions. */
export const ANY_NUMBER = -1;

/** What an event is found by: each subject that it changed, and each model of which it changed anything. */
export function subjectsOf(seq: number, changes: readonly SubjectChange[]): EventSubjectTable[] {
  const models = new Set(changes.map(({ model_id }) => model_id));
  return [
    ...[...models].map((model_id) => ({ model_id, number: ANY_NUMBER, seq })),
    ...changes.map(({ model_id, number }) => ({ model_id, number, seq })),
  ];
}
