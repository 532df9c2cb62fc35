/** A filter that cannot be read: where (1-based, in code points), what stands there, and what should. */
export class FilterError extends Error {
  readonly column: number;
  readonly found: string;
  readonly expected: string;

  constructor(column: number, expected: string, found: string) {
    super(`column ${column}: expected ${expected}, found ${found}`);
    this.name = 'FilterError';
    this.column = column;
    this.found = found;
    this.expected = expected;
  }
}

/** A `sort` that names an unknown key, or one key twice. */
export class SortError extends Error {
  readonly key: string;

  constructor(key: string, message: string) {
    super(message);
    this.name = 'SortError';
    this.key = key;
  }
}

/** A parameter that asks for more than the bounds allow. */
export class QueryError extends Error {
  readonly parameter: string;

  constructor(parameter: 'q' | 'filter' | 'as_of', message: string) {
    super(message);
    this.name = 'QueryError';
    this.parameter = parameter;
  }
}
