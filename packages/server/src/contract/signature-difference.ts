import { type Static, Type } from 'typebox';

/** What lies between the signatures of two versions, one tensor, column or param at a time. */
export const SignatureDifference = Type.Object(
  {
    side: Type.Enum(['inputs', 'outputs', 'params']),
    name: Type.String({
      description: 'Of the tensor or column; its place, such as #1, where it has no name; empty where it is about all',
      examples: ['age'],
    }),
    kind: Type.Enum(['added', 'removed', 'type', 'shape', 'optional', 'order', 'unstated'], {
      description: 'What differs. unstated: one of the two does not say what this side is',
    }),
    breaking: Type.Boolean({
      description: 'Whether those who call the one can fail with the other, or misread its results',
    }),
    detail: Type.String({ examples: ['int64 became int32, which is narrower'] }),
  },
  { title: 'SignatureDifference', additionalProperties: false },
);
export type SignatureDifference = Static<typeof SignatureDifference>;
