import { PAGE as LISTED } from '../calls/lists.ts';
import { cpuOf } from '../processes.ts';
import { askJson } from './ask.ts';
import type { Bench } from './call.ts';
import type { Haul } from './haul.ts';

/** As an export does. */
const PAGE = 1_000;
/** Those that the seed says, and the one that holds the files. */
const BESIDES = 1;

interface Page {
  items: unknown[];
  next_page_token: string | null;
}

/** Walks over all versions by page tokens, and keeps the token of the last full page of a list. */
export async function walk({ server, ground, database }: Bench): Promise<{ haul: Haul; deepToken: string }> {
  const before = cpuOf(server.pid);
  const started = performance.now();
  let deepToken = '';
  let count = 0;
  for (let next: string | null = ''; next !== null; ) {
    const token: string = next && `&page_token=${encodeURIComponent(next)}`;
    const page: Page = await askJson(server.port, {
      method: 'GET',
      path: `/api/v1/versions?page_size=${PAGE}${token}`,
    });
    count += page.items.length;
    if (page.items.length >= LISTED) deepToken = next;
    next = page.next_page_token;
  }
  const { versions } = ground.shape;
  const isWhole = count === versions + BESIDES;
  const haul: Haul = {
    haul: 'walk',
    database,
    versions,
    seconds: (performance.now() - started) / 1_000,
    cpuSeconds: (cpuOf(server.pid) - before) / 1e6,
    errors: isWhole ? 0 : 1,
    troubles: isWhole ? [] : [`a walk over ${versions + BESIDES} versions met ${count}`],
  };
  return { haul, deepToken };
}
