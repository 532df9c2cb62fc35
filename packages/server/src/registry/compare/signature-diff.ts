import type { Signature } from '../../contract/artifact.ts';
import type { SignatureDifference } from '../../contract/signature-difference.ts';
import { fitsInto } from './element-types.ts';

export type { SignatureDifference };

type Tensor = NonNullable<Signature['inputs']>[number];
type Side = SignatureDifference['side'];
type Difference = Omit<SignatureDifference, 'side' | 'name'>;

/**
 * What differs between two signatures, seen by those who call the first. They break where an input or param is removed,
 * takes less than before or is newly required, and where anything of the outputs differs. What has a name is found by it,
 * in any order; what has none by its place among these.
 */
export function signatureDiff(from: Signature | null, to: Signature | null): SignatureDifference[] {
  const [before, after] = [from ?? {}, to ?? {}];
  return (['inputs', 'outputs', 'params'] as const).flatMap((side) => sideDiff(side, before[side], after[side]));
}

function sideDiff(
  side: Side,
  from: readonly Tensor[] | undefined,
  to: readonly Tensor[] | undefined,
): SignatureDifference[] {
  const about = (name: string, difference: Difference): SignatureDifference => ({ side, name, ...difference });
  // To state that there are no params is to state none.
  if (side === 'params' && !from?.length && !to?.length) return [];
  if (from === undefined && to === undefined) return [];
  if (from === undefined)
    return [about('', { kind: 'unstated', breaking: false, detail: `the first does not state its ${side}` })];
  if (to === undefined) {
    const detail = `it does not state its ${side}, so nobody can tell whether callers can go on`;
    return [about('', { kind: 'unstated', breaking: true, detail })];
  }
  const [before, after] = [byName(from), byName(to)];
  if (isReordered(from, to)) {
    const detail = `the ${side} without a name are the same in another order`;
    return [about('', { kind: 'order', breaking: true, detail })];
  }
  const differences: SignatureDifference[] = [];
  for (const [name, was] of before) {
    const is = after.get(name);
    const found = is ? tensorDiff(side, was, is) : [removed(side)];
    differences.push(...found.map((difference) => about(name, difference)));
  }
  for (const [name, is] of after) if (!before.has(name)) differences.push(about(name, added(side, is)));
  if (side === 'outputs' && differences.length === 0 && !isSameOrder(before, after)) {
    const detail = 'the same in another order: those who read results by their place misread them';
    differences.push(about('', { kind: 'order', breaking: true, detail }));
  }
  return differences;
}

/** Each by its name, or its place among those without one; the second of a name is told apart. */
function byName(tensors: readonly Tensor[]): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  const counts = new Map<string, number>();
  for (const tensor of tensors) {
    const stem = tensor.name ?? '#';
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    if (tensor.name === undefined) named.set(`#${count}`, tensor);
    else named.set(count === 1 ? stem : `${stem} #${count}`, tensor);
  }
  return named;
}

function isSameOrder(before: ReadonlyMap<string, Tensor>, after: ReadonlyMap<string, Tensor>): boolean {
  const names = [...after.keys()];
  return [...before.keys()].every((name, i) => name === names[i]);
}

/** Whether nothing but the order of those without a name differs. */
function isReordered(from: readonly Tensor[], to: readonly Tensor[]): boolean {
  const texts = [from, to].map((tensors) => tensors.filter(({ name }) => name === undefined).map(textOf));
  const named = [from, to].map((tensors) =>
    tensors
      .filter(({ name }) => name !== undefined)
      .map(textOf)
      .sort(),
  );
  const [before, after] = texts.map((list) => list.join('\n'));
  const [sortedBefore, sortedAfter] = texts.map((list) => list.toSorted().join('\n'));
  return before !== after && sortedBefore === sortedAfter && named[0]!.join('\n') === named[1]!.join('\n');
}

const textOf = ({ name, type, shape, optional }: Tensor) =>
  JSON.stringify([name, type, shape?.map(length), !!optional]);

function removed(side: Side): Difference {
  const whom = side === 'outputs' ? 'those who read it miss it' : 'those who give it are refused';
  return { kind: 'removed', breaking: true, detail: `it is gone: ${whom}` };
}

function added(side: Side, { optional, type }: Tensor): Difference {
  if (side === 'outputs')
    return { kind: 'added', breaking: true, detail: `a new output (${type}): results have more parts than before` };
  return optional
    ? { kind: 'added', breaking: false, detail: `new and optional (${type})` }
    : { kind: 'added', breaking: true, detail: `new and required (${type}): those who do not give it are refused` };
}

function tensorDiff(side: Side, from: Tensor, to: Tensor): Difference[] {
  const isOutput = side === 'outputs';
  const differences: Difference[] = [];
  if (from.type !== to.type) {
    const how = fitsInto(from.type, to.type) ? 'wider' : fitsInto(to.type, from.type) ? 'narrower' : 'of another kind';
    const breaking = isOutput || how !== 'wider';
    differences.push({ kind: 'type', breaking, detail: `${from.type} became ${to.type}, which is ${how}` });
  }
  const [takesMore, takesLess] = [takes(to.shape, from.shape), takes(from.shape, to.shape)];
  if (!takesMore || !takesLess) {
    const how = takesMore ? 'wider' : takesLess ? 'narrower' : 'another shape';
    const detail = `${shapeText(from)} became ${shapeText(to)}, which is ${how}`;
    differences.push({ kind: 'shape', breaking: isOutput || !takesMore, detail });
  }
  if (!!from.optional !== !!to.optional) {
    const detail = to.optional ? 'it was required and is optional' : 'it was optional and is required';
    differences.push({ kind: 'optional', breaking: isOutput || !to.optional, detail });
  }
  return differences;
}

type Shape = Tensor['shape'];
type Dimension = NonNullable<Shape>[number];

/** -1 is what MLflow and NumPy write for any length. */
function length(dimension: Dimension): Dimension {
  return typeof dimension === 'number' && dimension < 0 ? null : dimension;
}

function shapeText({ shape }: Tensor): string {
  return shape ? `[${shape.map((dimension) => length(dimension) ?? '?').join(', ')}]` : 'any shape';
}

/** Whether one shape takes all that have the other. Lengths of one symbol are equal, whatever they are. */
function takes(wide: Shape, narrow: Shape): boolean {
  if (!wide) return true;
  if (wide.length !== narrow?.length) return false;
  const bound = new Map<string, Dimension>();
  return wide.every((dimension, i) => {
    const [takesLength, given] = [length(dimension), length(narrow[i]!)];
    if (takesLength === null) return true;
    if (typeof takesLength === 'number') return takesLength === given;
    if (!bound.has(takesLength)) bound.set(takesLength, given);
    else if (given === null || bound.get(takesLength) !== given) return false;
    return true;
  });
}
