import { isDeepStrictEqual } from 'node:util';
import { ask } from '../../measure/ask.ts';
import type { MlflowCall } from '../calls/request.ts';
import { type Both, ofBoth, type Side } from './sides.ts';

/** Requests whose answers are compared. */
const COMPARED = 5;

/** Times are those of the seeding, tokens are opaque, and Assayer's searches tell aliases, which MLflow's do not. */
const APART = /_timestamp$|^next_page_token$|^aliases$/;

/** Where two servers that hold the same answer other than the same, in words. */
export async function differencesOf(sides: Both<Side>, call: MlflowCall): Promise<string[]> {
  const wrong: string[] = [];
  for (let i = 0; i < COMPARED; i += 1) {
    const answers = await ofBoth(async (name) => {
      const { target, ground } = sides[name];
      const { text } = await ask(target.port, call.request(ground, i));
      return text.startsWith('{') ? JSON.parse(text) : text;
    });
    const { assayer, mlflow } = answers;
    const counts = [assayer, mlflow].map(rowsOf);
    if (counts[0] !== counts[1]) wrong.push(`${call.name}: Assayer answers ${counts[0]} rows, MLflow ${counts[1]}`);
    else if (!call.byTime && !isDeepStrictEqual(comparable(assayer), comparable(mlflow)))
      wrong.push(`${call.name}: Assayer answers ${shown(assayer)}, MLflow ${shown(mlflow)}`);
  }
  return wrong;
}

/** Rows of a page; 1 for what is one document. */
function rowsOf(answer: unknown): number {
  const list = typeof answer === 'object' && answer !== null && Object.values(answer).find(Array.isArray);
  return list ? list.length : 1;
}

/** Tags and latest versions have no order. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(comparable).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([key]) => !APART.test(key));
  return Object.fromEntries(members.toSorted().map(([key, member]) => [key, comparable(member)]));
}

const shown = (answer: unknown): string => JSON.stringify(comparable(answer)).slice(0, 1_000);
