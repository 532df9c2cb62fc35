import type { SubjectChange } from '../contract/event.ts';
import type { Write } from '../db/prepared.ts';

/** What is to be written for a change of a subject, and what the event is to say of it. */
export interface Changed {
  changes: SubjectChange[];
  writes: Write[];
}
