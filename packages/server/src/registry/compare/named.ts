import { LIMITS } from '../../contract/limits.ts';
import { parseRef } from '../refs.ts';
import { type RefusalKind, Refused, refuse } from '../refusals.ts';

/** A version as it is asked for: `churn/7`, `churn/@champion`. A model's name holds no slash, so the first one ends it. */
export interface Named {
  asked: string;
  model: string;
  ref: string;
}

const ORDINALS: Record<number, string> = { 1: 'first', 2: 'second', 3: 'third' };
const which = (place: number) => `the ${ORDINALS[place + 1] ?? `${place + 1}th`} version`;

export function parseNamed(asked: string, place: number): Named {
  const slash = asked.indexOf('/');
  const [model, ref] = [asked.slice(0, slash), asked.slice(slash + 1)];
  if (slash > 0 && parseRef(ref)) return { asked, model, ref };
  const what = slash > 0 ? `after the slash stands no ref` : 'a slash has to stand behind the name of the model';
  return refuse(
    'query-invalid',
    `In version: ${which(place)}, ${quote(asked)}, is not a model and a ref: ${what}. Write churn/7, churn/latest, churn/@champion or churn/production.`,
    { parameter: 'version' },
  );
}

export function assertFew(asked: readonly string[]): void {
  if (asked.length < 2 || asked.length > LIMITS.compared)
    refuse(
      'query-invalid',
      `In version: give 2 to ${LIMITS.compared} of them, such as version=churn/7&version=churn/8.`,
      {
        parameter: 'version',
      },
    );
}

/** What is refused of one of several says which one. */
export async function saying<T>({ asked }: Named, place: number, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Refused<RefusalKind>(error.kind, `Of ${which(place)}, ${quote(asked)}: ${error.message}`, error.members);
  }
}

const quote = (text: string) => `"${text.length > 300 ? `${text.slice(0, 300)}…` : text}"`;
