import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import {
  Card,
  Deregistered,
  Description,
  MapOf,
  ModelName,
  Nullable,
  Owner,
  Page,
  Properties,
  PropertiesPatch,
  Tags,
  TagsPatch,
  Time,
} from './shapes.ts';

export const Model = Type.Object(
  {
    name: ModelName,
    description: Nullable(Description),
    owner: Nullable(Owner),
    tags: Tags,
    properties: Properties,
    card: Nullable(Card),
    aliases: MapOf(Type.Integer({ minimum: 1 }), LIMITS.alias, { examples: [{ champion: 7 }] }),
    latest_version: Nullable(Type.Integer({ minimum: 1, description: 'The highest number that is not deregistered' })),
    version_count: Type.Integer({ minimum: 0 }),
    live: Type.Object(
      { production: Type.Array(Type.Integer()), staging: Type.Array(Type.Integer()) },
      { additionalProperties: false, description: 'Numbers by status, the newest promoted first, at most 100 each' },
    ),
    created_at: Time,
    created_by: Type.String(),
    updated_at: Time,
    etag: Type.Integer({ minimum: 1 }),
    deregistered: Nullable(Deregistered),
  },
  { title: 'Model', additionalProperties: false },
);
export type Model = Static<typeof Model>;

export const NewModel = Type.Object(
  {
    name: ModelName,
    description: Type.Optional(Nullable(Description)),
    owner: Type.Optional(Nullable(Owner)),
    tags: Type.Optional(Tags),
    properties: Type.Optional(Properties),
    card: Type.Optional(Nullable(Card)),
  },
  { title: 'NewModel', additionalProperties: false },
);
export type NewModel = Static<typeof NewModel>;

/** JSON merge patch, RFC 7396. */
export const ModelPatch = Type.Object(
  {
    description: Type.Optional(Nullable(Description)),
    owner: Type.Optional(Nullable(Owner)),
    tags: Type.Optional(TagsPatch),
    properties: Type.Optional(PropertiesPatch),
    card: Type.Optional(Nullable(Card)),
  },
  { title: 'ModelPatch', additionalProperties: false },
);
export type ModelPatch = Static<typeof ModelPatch>;

export const ModelPage = Page(Model, 'ModelPage');
