import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import { AnyInteger, MapOf, Nullable } from './shapes.ts';

/** What is known about an artifact without running it. `clean` means: read to the end, and it imports nothing outside the allow-list. */
export const Verdict = Type.Enum(['clean', 'suspicious', 'unsafe', 'malformed', 'unknown'], {
  description:
    'clean: read to the end and every import is on the exact allow-list; suspicious: imports something unlisted; unsafe: imports something known to execute; malformed: does not follow its format; unknown: could not be read',
});
export type Verdict = Static<typeof Verdict>;

export const Finding = Type.Object(
  {
    rule: Type.String({ description: 'The rule that spoke, such as pickle.import', examples: ['pickle.import'] }),
    severity: Type.Enum(['info', 'suspicious', 'unsafe', 'malformed']),
    where: Type.String({ description: 'Where in the file: a byte offset, a member, a node', examples: ['byte 17'] }),
    what: Type.String({ description: 'What was found', examples: ['imports os.system'] }),
  },
  { title: 'Finding', additionalProperties: false },
);
export type Finding = Static<typeof Finding>;

/** What an inspector answers for one file. `facts` is small JSON (under 64 KiB); `findings` holds at most 100 entries. */
export interface Inspection {
  format: string;
  media_type: string;
  facts: Record<string, unknown>;
  findings: Finding[];
  verdict: Verdict;
  rules_version: string;
  /** The model's inputs and outputs where the file states them (ONNX). */
  signature?: Signature;
}

export const Tensor = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: LIMITS.tensorName })),
    type: Type.String({ maxLength: LIMITS.tensorType, description: 'Element type', examples: ['float32'] }),
    shape: Type.Optional(
      Type.Array(Type.Union([AnyInteger, Type.String({ maxLength: LIMITS.tensorType }), Type.Null()]), {
        maxItems: LIMITS.dimensions,
        description: 'Dimensions; a string is a symbolic one, null an unknown one',
      }),
    ),
    optional: Type.Optional(Type.Boolean()),
  },
  { title: 'Tensor', additionalProperties: false },
);

const Tensors = Type.Array(Tensor, { maxItems: LIMITS.tensors });

export const Signature = Type.Object(
  {
    inputs: Type.Optional(Tensors),
    outputs: Type.Optional(Tensors),
    params: Type.Optional(Tensors),
  },
  { title: 'Signature', additionalProperties: false },
);
export type Signature = Static<typeof Signature>;

/** A merge patch of one: null removes a member. */
export const SignaturePatch = Type.Object(
  {
    inputs: Type.Optional(Nullable(Tensors)),
    outputs: Type.Optional(Nullable(Tensors)),
    params: Type.Optional(Nullable(Tensors)),
  },
  { title: 'SignaturePatch', additionalProperties: false },
);

export const Artifact = Type.Object(
  {
    path: Type.String({ description: 'Relative, with / as separator, at most 1,024 bytes', examples: ['model.pkl'] }),
    size_bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    media_type: Type.String({ examples: ['application/octet-stream'] }),
    format: Type.String({ description: 'Told from the bytes, never from the name', examples: ['pickle'] }),
    facts: MapOf(Type.Unknown(), LIMITS.tagValue),
    findings: Type.Array(Finding),
    verdict: Verdict,
    rules_version: Type.String(),
  },
  { title: 'Artifact', additionalProperties: false },
);
export type Artifact = Static<typeof Artifact>;
