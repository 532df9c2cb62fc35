// Builds the server: the sources, with the packages that would be hundreds of files to load, become few files in one folder
// (docs/decisions/0017-the-server-is-bundled.md). Beside them stand the licences of what went in. Types are checked elsewhere:
// `npm run check`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SERVER = join(ROOT, 'packages', 'server');
const PACKAGE = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

/** What somebody who installs the server installs with it is loaded from there; only what is not is put into the files. */
const { dependencies } = JSON.parse(readFileSync(join(SERVER, 'package.json'), 'utf8'));
const isInstalled = (id) => Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`));

const folders = new Set([
  // What a command, or a thread, does not need is in files that it does not load.
  ...(await bundle(
    {
      cli: 'cli/main.ts',
      'wal-checkpoint-worker': 'db/wal-checkpoint-worker.ts',
      'hash-worker': 'blobs/hash-worker.ts',
      'inspect-worker': 'formats/inspect-worker.ts',
    },
    { chunkFileNames: '[name].js', sourcemap: true },
  )),
  // Nearly all of it is Vega.
  ...(await bundle({ 'draw-worker': 'charts/draw-worker.ts' }, { codeSplitting: false, minify: true })),
]);
writeFileSync(
  join(SERVER, 'dist', 'LICENSES.txt'),
  [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(78)}\n\n`),
);

/** Writes it, and answers the folders of the packages that went in. */
async function bundle(entries, options) {
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, join(SERVER, 'src', ...path.split('/'))]),
  );
  const bundle = await rolldown({ input, platform: 'node', external: isInstalled, logLevel: 'warn' });
  const { output } = await bundle.write({ dir: join(SERVER, 'dist'), format: 'esm', ...options });
  await bundle.close();
  return output.flatMap(({ moduleIds = [] }) => moduleIds.flatMap((id) => PACKAGE.exec(id)?.[1] ?? []));
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (!file) throw new Error(`${name} has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}
