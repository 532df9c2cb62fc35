import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as CycloneDX from '@cyclonedx/cyclonedx-library';
import type { Shown } from '../page/shown.ts';
import { frontMatterOf, licencesIn } from './front-matter.ts';
import { modelCardOf } from './model-card.ts';
import { frameworkOf, packagesOf } from './packages.ts';

/** Loaded with the first pack: it takes as long as half of the start. */
let loaded: typeof CycloneDX | undefined;
function cyclonedx(): typeof CycloneDX {
  loaded ??= createRequire(import.meta.url)('@cyclonedx/cyclonedx-library') as typeof CycloneDX;
  return loaded;
}

/**
 * The bill of materials of a version, as CycloneDX 1.6: the model with its card, its files, and the packages that its own
 * environment files name. The library makes it; it knows no model card, so that this one is put in afterwards. The same
 * facts give the same text.
 */
export function bomOf(shown: Shown): string {
  const { Models, Enums, Serialize, Spec } = cyclonedx();
  const { version, ledger, artifacts } = shown;
  const front = frontMatterOf(version.card);
  const model = new Models.Component(Enums.ComponentType.MachineLearningModel, version.model, {
    bomRef: 'model',
    version: String(version.number),
    ...(version.description && { description: version.description }),
  });
  for (const licence of licencesIn(front)) model.licenses.add(toLicence(licence));
  const { git_url } = version.lineage ?? {};
  if (git_url !== undefined && /^(https?|ssh|git):\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+$/.test(git_url))
    model.externalReferences.add(new Models.ExternalReference(git_url, Enums.ExternalReferenceType.VCS));
  for (const [name, value] of propertiesOf(shown)) model.properties.add(new Models.Property(name, value));

  const bom = new Models.Bom({ serialNumber: serialOf(shown) });
  bom.metadata.component = model;
  bom.metadata.timestamp = new Date(ledger.as_of);
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, 'assayer', { bomRef: 'assayer', version: shown.assayer }),
  );
  const parts = [
    ...frameworkOf(shown).map(({ name, version: number }) =>
      component(Enums.ComponentType.Framework, `framework:${name}`, name, { version: number }),
    ),
    ...packagesOf(artifacts.shown).map(({ ref, name, version: number, purl, constraint }) => {
      const made = component(Enums.ComponentType.Library, ref, name, { version: number, purl });
      if (constraint !== undefined) made.properties.add(new Models.Property('assayer:constraint', constraint));
      return made;
    }),
  ];
  for (const part of parts) {
    bom.components.add(part);
    model.dependencies.add(part.bomRef);
  }
  for (const { path, sha256, format, verdict } of artifacts.shown) {
    const file = component(Enums.ComponentType.File, `file:${path}`, path, {});
    file.hashes.set(Enums.HashAlgorithm['SHA-256'], sha256);
    file.properties.add(new Models.Property('assayer:format', format));
    file.properties.add(new Models.Property('assayer:verdict', verdict));
    bom.components.add(file);
    model.dependencies.add(file.bomRef);
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const made = JSON.parse(new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true }));
  made.metadata.component.modelCard = modelCardOf(shown, front);
  return `${JSON.stringify(made, null, 2)}\n`;
}

function component(
  type: CycloneDX.Enums.ComponentType,
  bomRef: string,
  name: string,
  { version, purl }: { version?: string | undefined; purl?: string | undefined },
): CycloneDX.Models.Component {
  const { Models } = cyclonedx();
  return new Models.Component(type, name, { bomRef, ...(version !== undefined && { version }), ...(purl && { purl }) });
}

function toLicence(text: string): CycloneDX.Models.License {
  const { Models, SPDX } = cyclonedx();
  const id = SPDX.fixupSpdxId(text);
  return id === undefined ? new Models.NamedLicense(text) : new Models.SpdxLicense(id);
}

function propertiesOf({ version, ledger, artifacts }: Shown): [string, string][] {
  const { base } = version.lineage ?? {};
  const told: [string, string | null | undefined][] = [
    ['assayer:digest', version.digest],
    ['assayer:status', version.status],
    ['assayer:verdict', version.verdict],
    ['assayer:ledger', `${ledger.origin} at ${ledger.size}`],
    ['assayer:run', version.lineage?.run_id],
    ['assayer:commit', version.lineage?.git_commit],
    ['assayer:base', base && `${base.model}/${base.version}${base.relation ? ` (${base.relation})` : ''}`],
    ['assayer:files-left-out', artifacts.total > artifacts.shown.length ? String(artifacts.total) : undefined],
  ];
  return told.filter((one): one is [string, string] => typeof one[1] === 'string');
}

/** A UUID that is made of what the bill is about (RFC 9562, version 8). */
function serialOf({ version, ledger }: Shown): string {
  const hex = createHash('sha256')
    .update(`${ledger.origin}\n${ledger.size}\n${version.model}/${version.number}\n${version.digest}`)
    .digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
