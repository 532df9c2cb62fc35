import type { Machine } from './pickle/machine.ts';
import { UNKNOWN, type Value } from './pickle/values.ts';
import type { Reader } from './reader.ts';
import { Malformed } from './unreadable.ts';

/** Bytes of one element of each of PyTorch's storage classes. */
const ELEMENT: Record<string, number> = {
  DoubleStorage: 8,
  FloatStorage: 4,
  HalfStorage: 2,
  BFloat16Storage: 2,
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
  ComplexDoubleStorage: 16,
  ComplexFloatStorage: 8,
  QUInt8Storage: 1,
  QInt8Storage: 1,
  QInt32Storage: 4,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
  UntypedStorage: 1,
};
const MAX_STORAGES = 1_000_000;

/** The tensors' bytes that a PyTorch pickle names by persistent id: key to size in bytes. */
export interface Storages {
  readonly sizes: Map<string, number>;
  persistentId(m: Machine, id: Value): Value;
}

/** ('storage', torch.FloatStorage, key, location, elements[, view]): torch/serialization.py, persistent_id. */
export function torchStorages(): Storages {
  const sizes = new Map<string, number>();
  return {
    sizes,
    persistentId(m, id) {
      const items = typeof id === 'object' && id.kind === 'tuple' ? id.items : [];
      const [tag, type, key, , count] = items;
      const name = typeof type === 'object' && type.kind === 'global' ? type : undefined;
      const module = name?.module === 'torch' || name?.module === 'torch.storage';
      const element = name && module && Object.hasOwn(ELEMENT, name.name) ? ELEMENT[name.name] : undefined;
      if (tag !== 'storage' || element === undefined || typeof key !== 'string' || typeof count !== 'number') {
        m.find('suspicious', 'torch.persistent-id', 'names an object outside the pickle that is not a tensor');
      } else if (sizes.size < MAX_STORAGES) {
        sizes.set(key, count * element);
      }
      return UNKNOWN;
    },
  };
}

/** The end of a file in PyTorch's old layout: for each storage its length in elements (8 bytes) and its elements. */
export function passStorages(reader: Reader, storages: Storages): void {
  let bytes = 0;
  for (const size of storages.sizes.values()) bytes += 8 + size;
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new Malformed('states tensors larger than any file', reader.position);
  reader.skip(bytes);
}
