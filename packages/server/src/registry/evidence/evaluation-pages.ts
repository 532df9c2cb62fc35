import type { Evaluation } from '../../contract/evaluation.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { countWithin } from '../../db/together.ts';
import { sealToken } from '../paging/page-token.ts';
import { opened, PAGE_CHARACTERS, type Page, type PageAsked } from '../paging/pages.ts';
import { refuse } from '../refusals.ts';
import { getVersion } from '../versions/repository.ts';
import { BYTES, evaluationsById, type Sized } from './evaluations-of.ts';

interface Parts {
  read: Reader;
  tokenKey: Uint8Array;
}

/** The evaluations of a version, the one recorded last first. A page that is full of large ones ends early. */
export async function pageOfEvaluations(
  { read, tokenKey }: Parts,
  model: string,
  ref: string,
  { page_size, page_token }: PageAsked,
): Promise<Page<Evaluation>> {
  const { row } = await getVersion(read, model, ref);
  const scope = `evaluations of ${row.id}`;
  const before =
    page_token === undefined ? Number.MAX_SAFE_INTEGER : (opened(tokenKey, scope, page_token)[0] as number);
  const sizes = await idsOfVersion(read, { version_id: row.id, before, most: page_size + 1 });
  const count = Math.min(page_size, countWithin(PAGE_CHARACTERS, sizes));
  const ids = sizes.slice(0, count).map(({ id }) => id);
  const next = sizes.length > count ? sealToken(tokenKey, scope, [ids.at(-1)!]) : null;
  return { items: await evaluationsById(read, ids), next_page_token: next };
}

const idsOfVersion = prepareRead<{ version_id: number; before: number; most: number }, Sized>((db, param) =>
  db
    .selectFrom('evaluation')
    .select(['id', BYTES])
    .where('version_id', '=', param('version_id'))
    .where('id', '<', param('before'))
    .orderBy('id', 'desc')
    .limit(param('most')),
);

/** One evaluation of a version that is not in the trash. */
export async function getEvaluation(read: Reader, id: number): Promise<Evaluation> {
  const [live] = await liveOf(read, { id });
  const [found] = live ? await evaluationsById(read, [id]) : [];
  if (!found) refuse('evaluation-not-found', `There is no evaluation ${id}, or its version is in the trash.`, { id });
  return found;
}

const liveOf = prepareRead<{ id: number }, { id: number }>((db, param) =>
  db
    .selectFrom('evaluation as e')
    .innerJoin('version as v', 'v.id', 'e.version_id')
    .innerJoin('model as m', 'm.id', 'e.model_id')
    .select('e.id')
    .where('e.id', '=', param('id'))
    .where('v.deregistered', 'is', null)
    .where('m.deregistered', 'is', null),
);
