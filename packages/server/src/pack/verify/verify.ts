import { createHash } from 'node:crypto';
import { Value } from 'typebox/value';
import type { Metric } from '../../contract/metric.ts';
import type { Model } from '../../contract/model.ts';
import type { Version } from '../../contract/version.ts';
import type { ByteSource } from '../../formats/byte-source.ts';
import { ownVersion } from '../../version.ts';
import { bomOf } from '../bom/bom.ts';
import { documentsOf } from '../documents.ts';
import { FILES, FORMAT, MANIFEST, PackManifest, SIGNATURE, toText } from '../format.ts';
import { pageOf } from '../page/page.ts';
import type { Shown } from '../page/shown.ts';
import { Story } from '../story.ts';
import { type Archive, openArchive } from './archive.ts';
import { verifyArtifacts } from './artifacts.ts';
import { verifyEvents } from './events.ts';
import { type Finding, Findings, parsed } from './findings.ts';
import { type Known, verifySignatures } from './signatures.ts';

export interface PackReport {
  ok: boolean;
  of: PackManifest['of'] | null;
  ledger: PackManifest['ledger'] | null;
  /** What the signatures were held against. */
  key: string | null;
  checks: Finding[];
  notes: string[];
}

export interface Asked extends Known {
  /** Where the files of the version lie. */
  folder?: string | undefined;
  onBytes?: ((count: number) => void) | undefined;
}

/** Verifies a pack by itself, and by what is known from elsewhere. Needs no server, and holds one line or document at a time. */
export async function verifyPack(source: ByteSource, asked: Asked = {}): Promise<PackReport> {
  const findings = new Findings();
  const report = (more: Partial<PackReport> = {}): PackReport => ({
    ok: findings.ok,
    of: null,
    ledger: null,
    key: null,
    ...more,
    checks: findings.list,
    notes: findings.notes,
  });
  let archive: Archive | undefined;
  await findings.check('archive', 'it is a ZIP that every reader reads alike', (fail) => {
    const opened = openArchive(source);
    if (Array.isArray(opened)) opened.forEach(fail);
    else archive = opened;
  });
  if (!archive) return report();

  const files = archive;
  let manifest: PackManifest | undefined;
  let manifestText = '';
  await findings.check('manifest', `of format ${FORMAT}`, async (fail) => {
    manifestText = await files.text(MANIFEST);
    manifest = readManifest(manifestText, fail);
  });
  if (!manifest) return report();

  await verifyFiles(findings, files, manifest);
  const sha256 = createHash('sha256').update(manifestText).digest('hex');
  const { key, tree } = await verifySignatures(findings, files, manifest, sha256, asked);
  const story = new Story(manifest.of, manifest.bounds);
  await verifyEvents(findings, files, manifest, tree, story);
  await verifyDocuments(findings, files, manifest, story, asked);
  return report({ of: manifest.of, ledger: manifest.ledger, key });
}

function readManifest(text: string, fail: (detail: string) => void): PackManifest | undefined {
  const manifest = parsed(MANIFEST, text);
  if (Value.Check(PackManifest, manifest)) return manifest;
  const { format } = (manifest ?? {}) as { format?: unknown };
  fail(
    typeof format === 'number' && format > FORMAT
      ? `the pack is of format ${format}, which a newer Assayer reads`
      : 'it is not a manifest of a pack',
  );
  return undefined;
}

/** Every file is there, as it was listed, in its place, and nothing else is. */
async function verifyFiles(findings: Findings, archive: Archive, manifest: PackManifest): Promise<void> {
  const listed = manifest.files.map(({ name }) => name);
  await findings.check(
    'contents',
    `${listed.length} files, each with the SHA-256 that the manifest says`,
    async (fail) => {
      const optional = ['card.md', 'artifact-manifest.json'];
      for (const name of FILES) if (!listed.includes(name) && !optional.includes(name)) fail(`${name} is not listed`);
      const wanted = [...listed, MANIFEST, SIGNATURE];
      for (const name of wanted) if (!archive.has(name)) fail(`${name} is missing`);
      for (const name of archive.names) if (!(wanted as string[]).includes(name)) fail(`${name} does not belong there`);
      for (const { name, size, sha256 } of manifest.files) {
        if (!archive.has(name)) continue;
        const hash = createHash('sha256');
        let bytes = 0;
        for await (const chunk of archive.chunks(name)) {
          hash.update(chunk);
          bytes += chunk.length;
        }
        if (bytes !== size || hash.digest('hex') !== sha256)
          fail(`${name} is not what the manifest says: it was changed`);
      }
      const inOrder = FILES.filter((name) => listed.includes(name));
      if (listed.join() !== inOrder.join() || archive.names.join() !== wanted.join())
        fail('the files do not stand in their order');
    },
  );
  await findings.check('bytes', 'not one besides those of the files', async (fail) => {
    const at = await archive.differsAt(new Date(manifest.ledger.as_of));
    if (at !== undefined) fail(`byte ${at} of the archive is not what was written there`);
  });
}

/** What is told in other words: all of it follows from the events, the model, the artifacts, and the linked metrics. */
async function verifyDocuments(
  findings: Findings,
  archive: Archive,
  manifest: PackManifest,
  story: Story,
  asked: Asked,
): Promise<void> {
  const read = async (name: string) => parsed(name, await archive.text(name));
  let version = story.version();
  if (manifest.events.complete)
    await findings.check('version', 'it is what its events made of it', async (fail) => {
      if (!version) return fail('no event made it');
      if ((await archive.text('version.json')) !== toText(version)) fail('version.json is not what the events give');
    });
  else {
    findings.notes.push(
      'Earlier events of the version are left out, so that version.json is only what the signature says.',
    );
    await findings.check('version', 'it can be read', async () => {
      version = (await read('version.json')) as Version;
    });
  }
  if (!version) return;
  const known = version;
  const documents = { version: known, model: {} as Model, linked: [] as Metric[] };
  await findings.check('documents', 'each says what the version says', async (fail) => {
    documents.model = (await read('model.json')) as Model;
    documents.linked = ((await read('metrics.json')) as { linked: Metric[] }).linked;
    for (const [name, text] of documentsOf(documents))
      if (name !== 'version.json' && (await archive.text(name)) !== text) fail(`${name} is not what the version says`);
    if (known.card === null && archive.has('card.md')) fail('card.md is there, and the version has none');
    if (documents.model.name !== known.model) fail(`model.json is of ${documents.model.name}`);
    const { of } = manifest;
    for (const field of ['model', 'number', 'digest', 'artifact_count', 'size_bytes'] as const)
      if (of[field] !== known[field]) fail(`the manifest says that the ${field} is ${of[field]}`);
  });
  const artifacts = await verifyArtifacts(findings, archive, manifest, known, asked);
  if (manifest.assayer !== ownVersion()) {
    findings.notes.push(
      `The pack was made by Assayer ${manifest.assayer}: that index.html and bom.cdx.json say the same as the rest is only what ` +
        'the signature says.',
    );
    return;
  }
  const { ledger, assayer, left_out } = manifest;
  const { evaluations, steps, edits, events } = story;
  const shown: Shown = { ...documents, ledger, assayer, left_out, artifacts, evaluations, steps, edits, events };
  await findings.check('page', 'index.html says what the other files say', async (fail) => {
    if ((await archive.text('index.html')) !== pageOf(shown))
      fail('index.html says something else than the other files');
  });
  await findings.check('bill of materials', 'bom.cdx.json says what the other files say', async (fail) => {
    if ((await archive.text('bom.cdx.json')) !== bomOf(shown))
      fail('bom.cdx.json says something else than the other files');
  });
}
