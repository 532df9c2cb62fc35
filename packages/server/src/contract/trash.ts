import { type Static, Type } from 'typebox';
import { Deregistered, Nullable, Page } from './shapes.ts';

export const TrashEntry = Type.Object(
  {
    kind: Type.Enum(['model', 'version']),
    model: Type.String(),
    number: Nullable(Type.Integer()),
    digest: Nullable(Type.String()),
    deregistered: Deregistered,
  },
  { title: 'TrashEntry', additionalProperties: false },
);
export type TrashEntry = Static<typeof TrashEntry>;
export const TrashPage = Page(TrashEntry, 'TrashPage');
