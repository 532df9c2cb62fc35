/**
 * The parts of onnx.proto3 that matter: for each message its fields, by number. A field is a kind of payload (`int`,
 * `float`, `text`, `bytes`, `packed`) or another message. Fields that are not listed are passed over, as protobuf does;
 * a listed field of another wire type makes the file malformed.
 */
export type Kind = 'int' | 'float' | 'text' | 'bytes' | 'ints' | 'floats' | 'doubles' | MessageName;

export type MessageName =
  | 'Model'
  | 'Graph'
  | 'Node'
  | 'Attribute'
  | 'Tensor'
  | 'SparseTensor'
  | 'Training'
  | 'Function'
  | 'OperatorSet'
  | 'ValueInfo'
  | 'Type'
  | 'Entry'
  | 'Annotation';

export const SCHEMA: Record<MessageName, Record<number, Kind>> = {
  Model: {
    1: 'int',
    2: 'text',
    3: 'text',
    4: 'text',
    5: 'int',
    6: 'text',
    7: 'Graph',
    8: 'OperatorSet',
    14: 'Entry',
    20: 'Training',
    25: 'Function',
    26: 'bytes',
  },
  Graph: {
    1: 'Node',
    2: 'text',
    5: 'Tensor',
    10: 'text',
    11: 'ValueInfo',
    12: 'ValueInfo',
    13: 'ValueInfo',
    14: 'Annotation',
    15: 'SparseTensor',
    16: 'Entry',
  },
  Node: {
    1: 'text',
    2: 'text',
    3: 'text',
    4: 'text',
    5: 'Attribute',
    6: 'text',
    7: 'text',
    8: 'text',
    9: 'Entry',
    10: 'bytes',
  },
  Attribute: {
    1: 'text',
    2: 'float',
    3: 'int',
    4: 'bytes',
    5: 'Tensor',
    6: 'Graph',
    7: 'floats',
    8: 'ints',
    9: 'bytes',
    10: 'Tensor',
    11: 'Graph',
    13: 'text',
    14: 'Type',
    15: 'Type',
    20: 'int',
    21: 'text',
    22: 'SparseTensor',
    23: 'SparseTensor',
  },
  Tensor: {
    1: 'ints',
    2: 'int',
    3: 'bytes',
    4: 'floats',
    5: 'ints',
    6: 'bytes',
    7: 'ints',
    8: 'text',
    9: 'bytes',
    10: 'doubles',
    11: 'ints',
    12: 'text',
    13: 'Entry',
    14: 'int',
    16: 'Entry',
  },
  SparseTensor: { 1: 'Tensor', 2: 'Tensor', 3: 'ints' },
  Training: { 1: 'Graph', 2: 'Graph', 3: 'Entry', 4: 'Entry' },
  Function: {
    1: 'text',
    4: 'text',
    5: 'text',
    6: 'text',
    7: 'Node',
    8: 'text',
    9: 'OperatorSet',
    10: 'text',
    11: 'Attribute',
    12: 'ValueInfo',
    13: 'text',
    14: 'Entry',
  },
  OperatorSet: { 1: 'text', 2: 'int' },
  ValueInfo: { 1: 'text', 2: 'Type', 3: 'text', 4: 'Entry' },
  Type: { 1: 'bytes', 4: 'bytes', 5: 'bytes', 6: 'text', 7: 'bytes', 8: 'bytes', 9: 'bytes' },
  Entry: { 1: 'text', 2: 'text' },
  Annotation: { 1: 'text', 2: 'Entry' },
};

/** The wire types that a kind may come in: a repeated number is packed or one by one. */
export const WIRES: Record<string, readonly number[]> = {
  int: [0],
  float: [5],
  text: [2],
  bytes: [2],
  ints: [0, 2],
  floats: [5, 2],
  doubles: [1, 2],
};
