import { type Static, Type } from 'typebox';
import { Signature, SignaturePatch, Verdict } from './artifact.ts';
import { LIMITS } from './limits.ts';
import {
  Card,
  Deregistered,
  Description,
  Metrics,
  ModelName,
  Nullable,
  Page,
  Properties,
  PropertiesPatch,
  Tags,
  TagsPatch,
  Time,
  VersionNumber,
} from './shapes.ts';

export const STATUSES = ['draft', 'staging', 'production', 'archived'] as const;
export const Status = Type.Enum([...STATUSES], { description: 'Where the version stands', examples: ['production'] });
export type Status = (typeof STATUSES)[number];

const Text = Type.String({ minLength: 1, maxLength: LIMITS.lineageText });

const Datasets = Type.Array(
  Type.Object(
    { name: Text, digest: Type.Optional(Text), uri: Type.Optional(Text) },
    { title: 'LineageDataset', additionalProperties: false },
  ),
  { maxItems: LIMITS.datasets },
);

export const Lineage = Type.Object(
  {
    run_id: Type.Optional(Text),
    git_commit: Type.Optional(Text),
    git_url: Type.Optional(Text),
    datasets: Type.Optional(Datasets),
    base: Type.Optional(
      Type.Object(
        { model: ModelName, version: VersionNumber, relation: Type.Optional(Text) },
        { title: 'LineageBase', additionalProperties: false },
      ),
    ),
  },
  {
    title: 'Lineage',
    additionalProperties: false,
    description: 'Where the version comes from. Opaque text: nothing is opened because it is named here',
  },
);
export type Lineage = Static<typeof Lineage>;

/** A merge patch of one: null removes a member; what is left must still be a lineage. */
export const LineagePatch = Type.Object(
  {
    run_id: Type.Optional(Nullable(Text)),
    git_commit: Type.Optional(Nullable(Text)),
    git_url: Type.Optional(Nullable(Text)),
    datasets: Type.Optional(Nullable(Datasets)),
    base: Type.Optional(
      Nullable(
        Type.Object(
          {
            model: Type.Optional(ModelName),
            version: Type.Optional(VersionNumber),
            relation: Type.Optional(Nullable(Text)),
          },
          { title: 'LineageBasePatch', additionalProperties: false },
        ),
      ),
    ),
  },
  { title: 'LineagePatch', additionalProperties: false },
);

export const Source = Type.Object(
  {
    uri: Type.String({
      maxLength: LIMITS.lineageText,
      description: 'As it was named; nothing is opened because of it',
    }),
    protected: Type.Boolean({
      description: 'Whether the bytes are the version’s own: false where they are elsewhere, and may change there',
    }),
    model_id: Type.Optional(Type.String({ maxLength: LIMITS.owner, description: 'The logged model it was made from' })),
    run_link: Type.Optional(Type.String({ maxLength: LIMITS.lineageText })),
    location: Type.Optional(
      Type.String({
        maxLength: LIMITS.lineageText,
        description: 'Where the bytes are that are not the version’s own, if not at the uri',
      }),
    ),
  },
  { title: 'Source', additionalProperties: false, description: 'What the version was made from, if not uploaded to' },
);
export type Source = Static<typeof Source>;

const Framework = Type.String({ minLength: 1, maxLength: LIMITS.framework, examples: ['sklearn'] });

export const Version = Type.Object(
  {
    model: ModelName,
    number: Type.Integer({ minimum: 1 }),
    status: Status,
    state: Type.Enum(['open', 'sealed'], { description: 'Whether artifacts can still be added' }),
    digest: Nullable(
      Type.String({
        description: 'SHA-256 of the canonical manifest, once sealed',
        examples: [`sha256:${'0'.repeat(64)}`],
      }),
    ),
    size_bytes: Type.Integer({ minimum: 0 }),
    artifact_count: Type.Integer({ minimum: 0 }),
    verdict: Verdict,
    description: Nullable(Description),
    tags: Tags,
    properties: Properties,
    card: Nullable(Card),
    framework: Nullable(Framework),
    signature: Nullable(Signature),
    lineage: Nullable(Lineage),
    source: Nullable(Source),
    aliases: Type.Array(Type.String()),
    metrics: Metrics,
    created_at: Time,
    created_by: Type.String(),
    updated_at: Time,
    etag: Type.Integer({ minimum: 1 }),
    deregistered: Nullable(Deregistered),
  },
  { title: 'Version', additionalProperties: false },
);
export type Version = Static<typeof Version>;

export const NewVersion = Type.Object(
  {
    description: Type.Optional(Nullable(Description)),
    tags: Type.Optional(Tags),
    properties: Type.Optional(Properties),
    card: Type.Optional(Nullable(Card)),
    framework: Type.Optional(Nullable(Framework)),
    signature: Type.Optional(Nullable(Signature)),
    lineage: Type.Optional(Nullable(Lineage)),
    metrics: Type.Optional(Metrics),
  },
  { title: 'NewVersion', additionalProperties: false },
);
export type NewVersion = Static<typeof NewVersion>;

/** JSON merge patch, RFC 7396. What a version was made of and from (lineage) can be completed, never its bytes. */
export const VersionPatch = Type.Object(
  {
    description: Type.Optional(Nullable(Description)),
    tags: Type.Optional(TagsPatch),
    properties: Type.Optional(PropertiesPatch),
    card: Type.Optional(Nullable(Card)),
    framework: Type.Optional(Nullable(Framework)),
    signature: Type.Optional(Nullable(SignaturePatch)),
    lineage: Type.Optional(Nullable(LineagePatch)),
  },
  { title: 'VersionPatch', additionalProperties: false },
);
export type VersionPatch = Static<typeof VersionPatch>;

export const VersionPage = Page(Version, 'VersionPage');
