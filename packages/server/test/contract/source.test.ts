import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { isSafePattern } from 'redos-detector';
import { expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
/** What reads the operator's own text; all else meets clients'. */
const OF_THE_OPERATOR = /^(cli|config)[/\\]/;

interface Node {
  type: string;
  [member: string]: unknown;
}

/** Every node of the syntax tree of every file, tests apart. */
function nodes(): { file: string; node: Node }[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file));
  return files.flatMap((file) => {
    const { program, errors } = parseSync(file, readFileSync(join(SRC, file), 'utf8'));
    expect(errors, file).toEqual([]);
    return within(program).map((node) => ({ file, node }));
  });
}

function within(value: unknown): Node[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(within);
  return 'type' in value && typeof value.type === 'string' ? [value as Node, ...inner] : inner;
}

const ALL = nodes();
const nameOf = (node: unknown): string => String((node as { name?: string } | undefined)?.name ?? '');
const textOf = (node: unknown): string => String((node as { value?: unknown } | undefined)?.value ?? '');

it('P9 no text of a client reaches a shell, an evaluator or a template: the source calls none', () => {
  const found = ALL.filter(({ node }) => {
    if (node.type === 'ImportDeclaration' || node.type === 'ImportExpression')
      return /^(node:)?(child_process|vm|repl|cluster)$|template|handlebars|ejs|mustache/.test(textOf(node.source));
    if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false;
    if (/^(eval|Function|require)$/.test(nameOf(node.callee))) return true;
    const [first] = node.arguments as Node[];
    return /^set(Timeout|Interval)$/.test(nameOf(node.callee)) && first?.type === 'Literal';
  });
  expect(found.map(({ file, node }) => `${file}: ${node.type}`)).toEqual([]);
});

it('P9 an import that is made while it runs is named in the source', () => {
  const computed = ALL.filter(
    ({ node }) => node.type === 'ImportExpression' && (node.source as Node).type !== 'Literal',
  );
  expect(computed.map(({ file }) => file)).toEqual([]);
});

it('P9 the environment is read by name, and by what serves the operator alone', () => {
  const isEnvironment = (node: unknown) => {
    const { object, property } = node as Node;
    return nameOf(object) === 'process' && nameOf(property) === 'env';
  };
  const read = ALL.filter(({ node }) => node.type === 'MemberExpression' && isEnvironment(node));
  const outside = read.filter(({ file }) => !OF_THE_OPERATOR.test(file)).map(({ file }) => file.replaceAll('\\', '/'));
  // How many threads libuv has; and where SQLite keeps its files for sorting, which is beside the database.
  expect([...new Set(outside)].toSorted()).toEqual(['blobs/gate.ts', 'db/sqlite.ts']);
  const computed = ALL.filter(({ node }) => node.computed === true && isEnvironment(node.object ?? {}));
  expect(computed.map(({ file }) => file)).toEqual([]);
});

it('R6 no regular expression over text of a client can backtrack', () => {
  const literals = ALL.filter(
    ({ file, node }) => node.type === 'Literal' && node.regex && !OF_THE_OPERATOR.test(file),
  ).map(({ file, node }) => ({ file, ...(node.regex as { pattern: string; flags: string }) }));
  expect(literals.length).toBeGreaterThan(80);
  const patterns = JSON.stringify(readFileSync(join(SRC, '../openapi.json'), 'utf8'));
  const ofSchemas = [...JSON.parse(patterns).matchAll(/"pattern": ("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) => ({
    file: 'openapi.json',
    pattern: JSON.parse(quoted) as string,
    flags: 'u',
  }));
  expect(ofSchemas.length).toBeGreaterThan(3);
  const unsafe = [...literals, ...ofSchemas].filter(({ pattern, flags }) => !isLinear(pattern, flags));
  expect(unsafe.map(({ file, pattern, flags }) => `${file}: /${pattern}/${flags}`)).toEqual([]);
});

it('R6 expressions are made at run time of the addresses of routes alone', () => {
  const made = ALL.filter(({ node }) => /^(New|Call)Expression$/.test(node.type) && nameOf(node.callee) === 'RegExp');
  expect(made.map(({ file }) => file.replaceAll('\\', '/'))).toEqual(['http/methods.ts']);
});

it('R6 the check itself finds what backtracks', () => {
  for (const pattern of ['^(a+)+$', '^\\d*\\d*x$', '(?:^|,)\\s*a']) expect(isLinear(pattern, ''), pattern).toBe(false);
  for (const pattern of ['(a+)+$', 'a*a*b']) expect(isLinear(pattern, 'y'), pattern).toBe(false);
});

function isLinear(pattern: string, flags: string): boolean {
  // A sticky one is tried where it stands, and nowhere further on.
  const { safe, score } = isSafePattern(flags.includes('y') ? `^(?:${pattern})` : pattern, {
    caseInsensitive: flags.includes('i'),
    dotAll: flags.includes('s'),
    multiLine: flags.includes('m'),
    unicode: /[uv]/.test(flags),
    maxScore: 1_000,
    maxSteps: 20_000,
  });
  return safe && !score.infinite;
}
