import type { Machine } from '../pickle/machine.ts';
import type { DType, Value } from '../pickle/values.ts';
import { itemSizeOf } from './type-string.ts';

/** numpy's flag for «an element holds Python objects»; joblib and numpy go by it, whatever the type says. */
const HAS_OBJECT = 1;
/** Objects are pickled one by one; without this flag numpy would take raw bytes for their addresses. */
const LIST_PICKLE = 2;

/** numpy.dtype(text, align, copy), which is how a type is pickled; BUILD then gives it the rest. */
export function dtypeOf(args: readonly Value[]): DType {
  const [text, , copy] = args;
  // Arguments that were not kept accuse nobody; the type is unknown then, and so is what it measures.
  const own =
    args.length === 0 || copy === 1 || (typeof copy === 'object' && copy.kind === 'opaque' && copy.what === 'true');
  const known = typeof text === 'string' ? /^[<>|=]?([biufcOSUVMm])(\d+)?$/.exec(text) : null;
  if (!known) return { kind: 'dtype', letter: '?', itemSize: undefined, objects: false, own };
  return {
    kind: 'dtype',
    letter: known[1]!,
    itemSize: itemSizeOf(text as string),
    objects: known[1] === 'O',
    own,
  };
}

/** dtype.__setstate__: (version, order, subtype, names, fields, item size, alignment, flags[, metadata]). */
export function setDtypeState(m: Machine, type: DType, state: Value): void {
  if (!type.own) m.find('unsafe', 'numpy.dtype', 'changes a numpy type that everyone shares');
  const items = typeof state === 'object' && state.kind === 'tuple' ? state.items : [];
  const [version, , subtype, , fields, size, , flags] = items;
  if ((version !== 3 && version !== 4) || typeof flags !== 'number' || typeof size !== 'number') {
    // Early numpy wrote no flags and found them by the type. With any other state, what follows cannot be measured.
    const early = items.length > 0 && items.length < 8;
    if (!early || 'VSU?O'.includes(type.letter)) type.itemSize = undefined;
    return;
  }
  if ('VSU'.includes(type.letter)) type.itemSize = size >= 0 ? size : undefined;
  const objects = (flags & HAS_OBJECT) !== 0;
  const stated = objectsInside(type, subtype, fields);
  if ((stated !== undefined && stated !== objects) || (objects && (flags & LIST_PICKLE) === 0)) {
    m.find('unsafe', 'numpy.dtype', 'contradicts itself on whether a numpy type holds objects');
  }
  type.objects = objects;
}

/** Whether the type's parts hold objects; undefined where they cannot be known. */
function objectsInside(type: DType, subtype: Value | undefined, fields: Value | undefined): boolean | undefined {
  if (type.letter === 'O') return true;
  if (type.letter === '?') return undefined;
  if (typeof subtype === 'object' && subtype.kind === 'tuple') {
    const [base] = subtype.items;
    return typeof base === 'object' && base.kind === 'dtype' ? base.objects : undefined;
  }
  if (typeof fields === 'object' && fields.kind === 'dict') {
    if (fields.objects) return true;
    return fields.vagueType ? undefined : false;
  }
  return typeof fields === 'object' && fields.kind === 'opaque' && fields.what === 'none' ? false : undefined;
}
