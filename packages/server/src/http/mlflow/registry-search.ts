import { IS_PROMPT } from '../../registry/models/prompts.ts';
import { type Comparison, type Filter, isComparison, type Noun } from '../../registry/search/filter.ts';
import { parseFilter } from '../../registry/search/grammar.ts';
import type { SortKey } from '../../registry/search/sort.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';

/** How MLflow searches models and versions (`mlflow/store/model_registry/sqlalchemy_store.py`), as searches of ours. */

const PROMPT_KEY = `tags.${IS_PROMPT}`;
const NO_PROMPT: Filter = { op: 'NOT', part: { op: '=', key: PROMPT_KEY, values: ['true'] } };

/** Reads a filter: MLflow's grammar and ours. Prompts are hidden unless it asks for them. */
export function readFilter(text: string | undefined, noun: Noun): Filter {
  const plain = withoutLastAnd((text ?? '').trim());
  const filter = plain === '' ? undefined : withoutText(forPrompts(parseFilter(plain, noun)));
  if (filter === undefined) return NO_PROMPT;
  if (asksForPrompts(filter)) return filter;
  const parts = isAnd(filter) ? filter.parts : [filter];
  return { op: 'AND', parts: [...parts.filter((part) => part !== NO_PROMPT), NO_PROMPT] };
}

/** MLflow's own parser forgives an AND at the end. */
function withoutLastAnd(text: string): string {
  return /\sand$/i.test(text.slice(-4)) ? text.slice(0, -4).trim() : text;
}

function isAnd(filter: Filter): filter is { op: 'AND'; parts: Filter[] } {
  return !isComparison(filter) && filter.op === 'AND';
}

/** What says that something is no prompt is true of all that lack the tag, unlike any other comparison of tags. */
function forPrompts(filter: Filter): Filter {
  return mapComparisons(filter, (one) => (one.key === PROMPT_KEY && saysNo(one) ? NO_PROMPT : one));
}

function saysNo({ op, values: [value] }: Comparison): boolean {
  const text = String(value).toLowerCase();
  return (op === '=' && text === 'false') || (op === '!=' && text === 'true');
}

function asksForPrompts(filter: Filter): boolean {
  if (!isComparison(filter)) {
    if (filter.op === 'NOT') return filter !== NO_PROMPT && asksForPrompts(filter.part);
    return filter.parts.some(asksForPrompts);
  }
  const { op, key, values } = filter;
  const text = String(values[0]).toLowerCase();
  return key === PROMPT_KEY && ((op === '=' && text === 'true') || (op === '!=' && text === 'false'));
}

/** A version without a run or a source has an empty one to MLflow, so that `run_id != 'x'` finds it. */
function withoutText(filter: Filter): Filter {
  return mapComparisons(filter, (one) => {
    if ((one.key !== 'lineage.run_id' && one.key !== 'source') || !holdsOfNothing(one)) return one;
    return { op: 'OR', parts: [one, { op: 'IS NULL', key: one.key, values: [] }] };
  });
}

function holdsOfNothing({ op, values }: Comparison): boolean {
  if (op === '=') return values[0] === '';
  if (op === '!=') return values[0] !== '';
  if (op === 'IN') return values.includes('');
  if (op === 'NOT IN') return !values.includes('');
  const matchesNothing = /^%*$/.test(String(values[0]));
  if (op === 'LIKE' || op === 'ILIKE') return matchesNothing;
  return (op === 'NOT LIKE' || op === 'NOT ILIKE') && !matchesNothing;
}

function mapComparisons(filter: Filter, to: (one: Comparison) => Filter): Filter {
  if (isComparison(filter)) return to(filter);
  if (filter === NO_PROMPT) return filter;
  if (filter.op === 'NOT') return { op: 'NOT', part: mapComparisons(filter.part, to) };
  return { op: filter.op, parts: filter.parts.map((part) => mapComparisons(part, to)) };
}

const ORDERS: Record<Noun, Record<string, string>> = {
  model: { name: 'name', timestamp: 'updated_at', last_updated_timestamp: 'updated_at' },
  version: {
    name: 'name',
    version_number: 'number',
    creation_timestamp: 'created_at',
    last_updated_timestamp: 'updated_at',
  },
};

/** Reads `order_by`: keys with ASC or DESC, each at most once. Answers a sort that ends as MLflow's does. */
export function readOrder(clauses: readonly string[], noun: Noun, filter: Filter): SortKey[] {
  const sort = new Map(clauses.map((clause) => readClause(clause, noun)));
  if (sort.size < clauses.length) refuseParameter(`\`order_by\` contains duplicate fields: ${clauses.join(', ')}`);
  if (noun === 'version' && clauses.length === 0) sort.set('updated_at', 'desc');
  if (!sort.has('name')) sort.set('name', 'asc');
  if (noun === 'version' && !sort.has('number')) sort.set('number', 'desc');
  if (noun === 'version' && hasOneName(filter)) sort.delete('name');
  return [...sort].map(([key, direction]) => ({ key, desc: direction === 'desc' }));
}

function readClause(clause: string, noun: Noun): [key: string, direction: 'asc' | 'desc'] {
  const [written = '', direction = 'asc', ...more] = clause.trim().split(/\s+/);
  if (written === '' || more.length > 0) refuseParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  if (!/^(asc|desc)$/i.test(direction)) refuseParameter(`Invalid ordering key in order_by clause '${clause}'.`);
  const name = unquoted(written.replace(/^attributes?\./, ''));
  const keys = ORDERS[noun];
  if (!Object.hasOwn(keys, name))
    refuseParameter(`Invalid order by key '${name}' specified. Valid keys are '${Object.keys(keys).join("', '")}'`);
  return [keys[name] as string, direction.toLowerCase() as 'asc'];
}

function unquoted(name: string): string {
  const isQuoted = name.length > 1 && (name[0] === '`' || name[0] === '"') && name.at(-1) === name[0];
  return isQuoted ? name.slice(1, -1) : name;
}

/** Whether all versions that match are of models of one name: then it orders nothing. */
function hasOneName(filter: Filter): boolean {
  if (isComparison(filter)) return filter.key === 'name' && filter.op === '=';
  return filter.op === 'AND' && filter.parts.some(hasOneName);
}

/** `max_results`, and where the page starts. */
export function readPage(fields: Fields, usual: number, most: number): { page_size: number; page_token?: string } {
  const page_size = fields.integer('max_results') ?? usual;
  if (page_size < 1)
    refuseParameter(`Invalid value for max_results. It must be a positive integer, but got ${page_size}`);
  if (page_size > most)
    refuseParameter(
      `Invalid value for request parameter max_results. It must be at most ${most}, but got value ${page_size}`,
    );
  const page_token = fields.text('page_token');
  return { page_size, ...(page_token && { page_token }) };
}
