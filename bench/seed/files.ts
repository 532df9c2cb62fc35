/** A small safetensors file (https://huggingface.co/docs/safetensors): the length of the header, the header, the tensors. */
function safetensors(name: string, floats: number): Buffer {
  const bytes = floats * 4;
  const header = Buffer.from(JSON.stringify({ [name]: { dtype: 'F32', shape: [floats], data_offsets: [0, bytes] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = Buffer.alloc(bytes);
  for (let i = 0; i < floats; i += 1) data.writeFloatLE(Math.sin(i), i * 4);
  return Buffer.concat([length, header, data]);
}

/** The files that the seeded versions share. */
export const FILES: readonly { path: string; bytes: Buffer }[] = [
  { path: 'model/weights.safetensors', bytes: safetensors('dense.weight', 256) },
  { path: 'model/small.safetensors', bytes: safetensors('embedding.weight', 64) },
  { path: 'metrics.json', bytes: Buffer.from('{"auc": 0.91, "loss": 0.2}\n') },
];
