import { Type } from 'typebox';

const Hash = Type.String({ description: 'SHA-256, base64' });

export const InclusionProof = Type.Object(
  { seq: Type.Integer(), size: Type.Integer(), leaf: Hash, root: Hash, proof: Type.Array(Hash) },
  { title: 'InclusionProof', additionalProperties: false, description: 'RFC 6962, 2.1.1; the leaf index is seq - 1' },
);

export const ConsistencyProof = Type.Object(
  { from: Type.Integer(), to: Type.Integer(), from_root: Hash, to_root: Hash, proof: Type.Array(Hash) },
  { title: 'ConsistencyProof', additionalProperties: false, description: 'RFC 6962, 2.1.2' },
);
