import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const REGISTER = 'docs/reliability.md';
/** How many promises each letter has. */
const PROMISES = { D: 16, A: 10, C: 7, P: 9, R: 9, B: 6, O: 8, S: 10 };
/** Promises without a test, and what their row says instead of naming one. */
const LATER = {
  D8: 'later: there is no object store yet',
  S4: 'later: named with the scanner’s own corpus',
  S7: 'later: named with the scanner’s own corpus',
  S9: 'later: rescanning comes with access control',
};

const ROW = /^\| ([A-Z]\d+) \| (.+?) \| (.+) \|$/gm;
const LINK = /\[([^\]]+)\]\(([^)]+)\)/g;
/** Of what runs: a test that is skipped wherever it runs shows nothing. */
const TITLE =
  /\b(?:it|test|describe)(?:\.(?!(?:skip|todo|fails)\b)\w+)*(?:\((?:[^()]|\([^()]*\))*\))?\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g;
const IDS = /^(?:[A-Z]\d+[\s,:]+)+/;

interface Row {
  id: string;
  promise: string;
  proof: string;
  links: { title: string; file: string }[];
}

async function register(): Promise<Row[]> {
  const text = await readFile(join(ROOT, REGISTER), 'utf8');
  return [...text.matchAll(ROW)].map(([, id = '', promise = '', proof = '']) => ({
    id,
    promise,
    proof,
    links: [...proof.matchAll(LINK)].map(([, title = '', path = '']) => ({
      title,
      file: relative(ROOT, join(ROOT, 'docs', path)),
    })),
  }));
}

/** The titles in every test file, as they stand in the source; what is put into them when they run is `…`. */
async function titles(): Promise<Map<string, string[]>> {
  const files = (await readdir(join(ROOT, 'packages'), { recursive: true }))
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => join('packages', file));
  const read = async (file: string) =>
    [...(await readFile(join(ROOT, file), 'utf8')).matchAll(TITLE)].map(([, , title = '']) =>
      title.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/\\(.)/g, '$1'),
    );
  return new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
}

const idsOf = (title: string): string[] => IDS.exec(title)?.[0].match(/[A-Z]\d+/g) ?? [];

it('the register names every promise once', async () => {
  const wanted = Object.entries(PROMISES).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, i) => `${letter}${i + 1}`),
  );
  expect((await register()).map(({ id }) => id)).toEqual(wanted);
});

it('every promise has a test whose title begins with its id, but for those that say why they have none yet', async () => {
  const bare = (await register()).filter(({ id, links }) => !links.some(({ title }) => idsOf(title).includes(id)));
  expect(Object.fromEntries(bare.map(({ id, proof }) => [id, proof]))).toEqual(LATER);
});

it('every test that the register names is there', async () => {
  const known = await titles();
  const absent = (await register()).flatMap(({ id, links }) =>
    links.filter(({ title, file }) => !known.get(file)?.includes(title)).map((link) => ({ id, ...link })),
  );
  expect(absent).toEqual([]);
});

it('every id that a test is named after is a promise of the register', async () => {
  const promised = new Set((await register()).map(({ id }) => id));
  const unknown = [...(await titles())].flatMap(([file, all]) =>
    all.filter((title) => idsOf(title).some((id) => !promised.has(id))).map((title) => `${file}: ${title}`),
  );
  expect(unknown).toEqual([]);
});
