// Makes one file of what draws charts and of all that it needs, in place of the compiled `charts/vega.js` that names it:
// whoever installs the server gets none of Vega's 80 packages (docs/decisions/0016-vega-is-bundled.md). Beside it stand the
// licences of what went in.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SERVER = join(ROOT, 'packages', 'server');
const INTO = join(SERVER, 'dist', 'charts');
const PACKAGE = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

const bundle = await rolldown({ input: join(SERVER, 'src', 'charts', 'vega.ts'), platform: 'node', logLevel: 'warn' });
const { output } = await bundle.write({
  file: join(INTO, 'vega.js'),
  format: 'esm',
  minify: true,
  codeSplitting: false,
});
await bundle.close();
// Of the compiler's file, which is no more.
rmSync(join(INTO, 'vega.js.map'), { force: true });

const folders = new Set(output.flatMap(({ moduleIds = [] }) => moduleIds.flatMap((id) => PACKAGE.exec(id)?.[1] ?? [])));
writeFileSync(
  join(INTO, 'vega.LICENSES.txt'),
  [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(78)}\n\n`),
);

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (!file || !existsSync(join(folder, file))) throw new Error(`${name} has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}
