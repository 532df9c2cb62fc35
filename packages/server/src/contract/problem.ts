import { Type } from 'typebox';
import { Check } from './promotion.ts';

/** RFC 9457. A refusal's own members stand beside these. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: '/problems/<kind>', examples: ['/problems/model-not-found'] }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'A sentence that says what to do next' }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String() }, { additionalProperties: false })),
    ),
    checks: Type.Optional(Type.Array(Check)),
  },
  { title: 'Problem', additionalProperties: true },
);
