import type { Machine } from './machine.ts';
import { GETATTR, type Value } from './values.ts';

/**
 * What getattr may be asked for: a class by its name and a method by its name, exactly so. These make data of data, as
 * a time zone's own unpickler does, and the methods of text that are given to a vectorizer.
 */
const HARMLESS: Record<string, string> = {
  'builtins.str': 'capitalize casefold lower lstrip rstrip split splitlines strip swapcase title upper',
  'datetime.timezone': 'utc',
  'zoneinfo.ZoneInfo': '_unpickle',
};

const KNOWN = new Map(Object.entries(HARMLESS).map(([full, names]) => [full, new Set(names.split(' '))]));

/**
 * The result of REDUCE, where it is getattr with two such literals; undefined for every other call. getattr reaches
 * everything, so whatever else becomes of it (put into a value, kept, called in another way) is unsafe: each time it
 * comes onto the stack is counted, and only a call that is known here is taken off.
 */
export function harmlessAttribute(m: Machine, callable: Value, args: Value): Value | undefined {
  if (callable !== GETATTR || typeof args !== 'object' || args.kind !== 'tuple' || args.items.length !== 2)
    return undefined;
  const [target, name] = args.items;
  if (typeof target !== 'object' || target.kind !== 'global' || typeof name !== 'string') return undefined;
  if (!KNOWN.get(target.full)?.has(name)) return undefined;
  m.work.getattrs--;
  m.work.calls++;
  const full = `${target.full}.${name}`;
  return { kind: 'global', module: target.full, name, full, instance: { kind: 'instance', of: full } };
}

export function tellGetattr(m: Machine): void {
  if (m.work.getattrs > 0) m.find('unsafe', 'pickle.import', `imports ${GETATTR.full}`);
}
