import type { Inspection, Signature } from '../../contract/artifact.ts';
import type { ByteSource } from '../byte-source.ts';
import { printable, type Report } from '../report.ts';
import { Malformed, TooMuch } from '../unreadable.ts';
import { isPlainName, ModelFacts } from './model-facts.ts';
import { type MessageName, SCHEMA, WIRES } from './schema.ts';
import { readType } from './types.ts';
import { type Field, Wire } from './wire.ts';

const MAX_LOOK = 10_000;

/**
 * ONNX has no mark. A file is one when its top level reads as a ModelProto: every field known and of its wire type,
 * with a version and a graph among them. A file cut in the middle still counts when what stands before reads so.
 */
export function looksLikeOnnx(source: ByteSource): boolean {
  if (source.size < 4) return false;
  const wire = new Wire(source);
  let version = 0;
  let graph = false;
  let others = 0;
  let seen = 0;
  let known = true;
  const visit = (field: Field) => {
    const kind = SCHEMA.Model[field.number];
    if (kind === undefined || !(WIRES[kind] ?? [2]).includes(field.wire) || ++seen > MAX_LOOK) {
      known = false;
      throw new Malformed('is no model');
    }
    if (field.number === 1) version = field.value;
    else if (field.number === 7) graph = true;
    else others++;
  };
  try {
    wire.message(source.size, 0, visit);
  } catch (err) {
    if (!(err instanceof Malformed || err instanceof TooMuch)) throw err;
    return known && version > 0 && version < 100 && (others > 0 || wire.last === 7);
  }
  return graph && version > 0 && version < 100;
}

export function inspectOnnx(source: ByteSource, report: Report): Pick<Inspection, 'format' | 'facts' | 'signature'> {
  const wire = new Wire(source);
  const model = new ModelFacts();
  try {
    wire.message(source.size, 0, (field, depth) => modelField(wire, model, field, depth));
  } catch (err) {
    if (err instanceof Malformed) {
      report.add('malformed', 'onnx.malformed', `byte ${err.at ?? wire.position}`, err.message);
    } else if (err instanceof TooMuch) {
      report.unread('onnx.not-read', `byte ${wire.position}`, `not read to the end: ${err.message}`);
    } else throw err;
  }
  for (const location of model.external) {
    const plain = isPlainName(location);
    const what = `keeps tensors in ${printable(location, 150) || 'a file without a name'}`;
    report.add(
      plain ? 'info' : 'unsafe',
      'onnx.external-data',
      'tensor',
      plain ? what : `${what}, which is no file beside the model`,
    );
  }
  for (const domain of model.customDomains()) {
    report.add('info', 'onnx.custom-domain', 'node', `uses operators of the domain ${printable(domain, 150)}`);
  }
  const signature: Signature = model.signature();
  return { format: 'onnx', facts: model.facts(), ...((signature.inputs || signature.outputs) && { signature }) };
}

function checkWire(name: MessageName, field: Field): void {
  const kind = SCHEMA[name][field.number];
  if (kind !== undefined && !(WIRES[kind] ?? [2]).includes(field.wire)) {
    throw new Malformed(`a ${name} has a field of the wrong type`, field.at);
  }
}

function modelField(wire: Wire, model: ModelFacts, field: Field, depth: number): void {
  checkWire('Model', field);
  const { number } = field;
  if (number === 1) model.ir_version = field.value;
  else if (number === 2) model.producer_name = wire.text(field);
  else if (number === 3) model.producer_version = wire.text(field);
  else if (number === 4) model.domain = wire.text(field);
  else if (number === 5) model.model_version = field.value;
  else if (number === 7) mainGraph(wire, model, field, depth);
  else if (number === 8) model.addOperatorSet(pair(wire, 'OperatorSet', field, depth));
  else if (number === 14) model.addMetadata(pair(wire, 'Entry', field, depth));
  else descend(wire, model, SCHEMA.Model[number], field, depth);
}

/** The graph itself: what it takes and gives, and everything inside it. */
function mainGraph(wire: Wire, model: ModelFacts, field: Field, depth: number): void {
  wire.message(field.end, depth + 1, (f, d) => {
    checkWire('Graph', f);
    if (f.number === 1) model.nodes++;
    if (f.number === 2) model.graph_name = wire.text(f);
    else if (f.number === 11 || f.number === 12) {
      const value = valueInfo(wire, f, d);
      model.addValue(f.number === 11 ? 'inputs' : 'outputs', value);
    } else if (f.number === 5) model.addInitializer(tensor(wire, model, f, d));
    else if (f.number === 15) sparse(wire, model, f, d);
    else descend(wire, model, SCHEMA.Graph[f.number], f, d);
  });
}

/** Goes through any other message, wherever it nests, for what is asked of all of them: operators and external data. */
function descend(wire: Wire, model: ModelFacts, kind: string | undefined, field: Field, depth: number): void {
  if (kind === undefined || kind in WIRES || field.wire !== 2) return;
  const name = kind as MessageName;
  if (name === 'Tensor') return void tensor(wire, model, field, depth);
  let type = '';
  let domain = '';
  wire.message(field.end, depth + 1, (f, d) => {
    checkWire(name, f);
    if (name === 'Node' && f.number === 4) type = wire.text(f, 256);
    else if (name === 'Node' && f.number === 7) domain = wire.text(f, 256);
    else descend(wire, model, SCHEMA[name][f.number], f, d);
  });
  if (name === 'Node') model.addOperator(domain, type);
  if (name === 'Function') model.functions++;
}

/** A tensor's name; its bytes are passed over, its external places noted wherever they stand. */
function tensor(wire: Wire, model: ModelFacts, field: Field, depth: number): string {
  let name = '';
  let outside = false;
  let placed = false;
  wire.message(field.end, depth + 1, (f, d) => {
    checkWire('Tensor', f);
    if (f.number === 8) name = wire.text(f);
    else if (f.number === 14 && f.value === 1) outside = true;
    else if (f.number === 13) {
      const [key, value] = pair(wire, 'Entry', f, d);
      if (key !== 'location') return;
      placed = true;
      model.addExternal(String(value));
    }
  });
  if (outside && !placed) model.addExternal('');
  return name;
}

/** The name of a sparse initialiser is that of its values. */
function sparse(wire: Wire, model: ModelFacts, field: Field, depth: number): void {
  wire.message(field.end, depth + 1, (f, d) => {
    checkWire('SparseTensor', f);
    if (f.number === 3) return;
    const name = tensor(wire, model, f, d);
    if (f.number === 1) model.addInitializer(name);
  });
}

function valueInfo(wire: Wire, field: Field, depth: number) {
  let name = '';
  let type: ReturnType<typeof readType> = { type: 'unknown' };
  wire.message(field.end, depth + 1, (f, d) => {
    checkWire('ValueInfo', f);
    if (f.number === 1) name = wire.text(f);
    else if (f.number === 2) type = readType(wire, f, d);
  });
  return { name, ...type };
}

function pair(wire: Wire, message: 'Entry' | 'OperatorSet', field: Field, depth: number): [string, string | number] {
  let key = '';
  let value: string | number = message === 'Entry' ? '' : 0;
  wire.message(field.end, depth + 1, (f) => {
    checkWire(message, f);
    if (f.number === 1) key = wire.text(f, 4096);
    else if (f.number === 2) value = message === 'Entry' ? wire.text(f, 4096) : f.value;
  });
  return [key, value];
}
