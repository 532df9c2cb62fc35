import { COMPARATORS, type Family, type Operator } from './filter.ts';

/** A column that is searched and sorted by. An id is a whole number that is written as text, a status a word. */
export interface Attribute {
  type: 'text' | 'time' | 'id' | 'status';
  operators: readonly Operator[];
  /** How a value that was never told is kept; no comparison finds it. */
  missing?: 'null' | 'empty';
  /** Whether its rows are found by an index of it alone. */
  indexed?: boolean;
}

/** Where the values of a family are kept: rows of this table, by the id of their owner. */
interface Kept {
  table: string;
  operators: readonly Operator[];
}

/** What is searched: its table, its id, the column whose index lists are walked along, and the keys of its filters. */
export interface Noun {
  table: 'run' | 'experiment' | 'logged_model';
  id: string;
  /** In the tables of its params, tags and metrics. */
  owner: string;
  time: string;
  /** What may stand before the dot of a key. */
  prefixes: ReadonlyMap<string, Family>;
  columns: Readonly<Record<string, Attribute>>;
  /** Columns by the names that a filter knows them by, if these are others. */
  aliases: ReadonlyMap<string, string>;
  families: Readonly<Partial<Record<Exclude<Family, 'attribute'>, Kept>>>;
  /** Whether a number may stand where text is expected, and is taken as it is written. */
  bareNumbers?: boolean;
  /** Whether a time may be compared with a fraction. */
  fractions?: boolean;
  /** What of it is sorted by, besides attributes. */
  sorted: readonly Family[];
}

const TEXT: readonly Operator[] = ['=', '!=', 'LIKE', 'ILIKE'];
const LISTED: readonly Operator[] = [...TEXT, 'IN', 'NOT IN'];
const NULLABLE: readonly Operator[] = [...TEXT, 'IS NULL', 'IS NOT NULL'];
const NOMINAL: readonly Operator[] = ['=', '!=', 'IN', 'NOT IN'];

const text = (operators = TEXT, more: Partial<Attribute> = {}): Attribute => ({ type: 'text', operators, ...more });
const time: Attribute = { type: 'time', operators: COMPARATORS };

const prefixes = (...all: [Family, ...string[]][]) =>
  new Map(all.flatMap(([family, ...words]) => words.map((word) => [word, family] as const)));

/** mlflow/utils/search_utils.py, SearchUtils. */
export const RUN: Noun = {
  table: 'run',
  id: 'run_id',
  owner: 'run_id',
  time: 'start_time',
  prefixes: prefixes(
    ['attribute', 'attribute', 'attributes', 'attr', 'run'],
    ['param', 'param', 'params', 'parameter', 'parameters'],
    ['tag', 'tag', 'tags'],
    ['metric', 'metric', 'metrics'],
    ['dataset', 'dataset', 'datasets'],
  ),
  columns: {
    run_id: text(LISTED, { indexed: true }),
    run_name: text(),
    status: text(),
    user_id: text(),
    artifact_uri: text(),
    start_time: time,
    end_time: { ...time, missing: 'null' },
  },
  aliases: new Map([
    ['created', 'start_time'],
    ['Created', 'start_time'],
    ['run name', 'run_name'],
    ['Run name', 'run_name'],
    ['Run Name', 'run_name'],
  ]),
  families: {
    param: { table: 'param', operators: NULLABLE },
    tag: { table: 'run_tag', operators: NULLABLE },
    metric: { table: 'latest_metric', operators: COMPARATORS },
    dataset: { table: 'run_dataset', operators: LISTED },
  },
  fractions: true,
  sorted: ['param', 'tag', 'metric'],
};

/** mlflow/utils/search_utils.py, SearchExperimentsUtils. */
export const EXPERIMENT: Noun = {
  table: 'experiment',
  id: 'id',
  owner: 'experiment_id',
  time: 'creation_time',
  prefixes: prefixes(['attribute', 'attribute'], ['tag', 'tag', 'tags']),
  columns: {
    name: text(TEXT, { indexed: true }),
    id: { type: 'id', operators: NOMINAL, indexed: true },
    creation_time: time,
    last_update_time: time,
  },
  aliases: new Map([['experiment_id', 'id']]),
  families: { tag: { table: 'experiment_tag', operators: NULLABLE } },
  sorted: [],
};

/** mlflow/utils/search_logged_model_utils.py; mlflow/store/tracking/dbmodels/models.py, SqlLoggedModel.ALIASES. */
export const LOGGED_MODEL: Noun = {
  table: 'logged_model',
  id: 'model_id',
  owner: 'model_id',
  time: 'creation_time',
  prefixes: prefixes(['attribute', 'attributes'], ['param', 'params'], ['tag', 'tags'], ['metric', 'metrics']),
  columns: {
    name: text(LISTED),
    model_id: text(LISTED, { indexed: true }),
    model_type: text(LISTED, { missing: 'empty' }),
    source_run_id: text(LISTED, { missing: 'empty', indexed: true }),
    experiment_id: { type: 'id', operators: NOMINAL },
    status: { type: 'status', operators: NOMINAL },
    creation_time: time,
    last_update_time: time,
  },
  aliases: new Map([
    ['creation_timestamp', 'creation_time'],
    ['creation_timestamp_ms', 'creation_time'],
    ['last_updated_timestamp', 'last_update_time'],
    ['last_updated_timestamp_ms', 'last_update_time'],
  ]),
  families: {
    param: { table: 'logged_model_param', operators: LISTED },
    tag: { table: 'logged_model_tag', operators: LISTED },
    metric: { table: 'logged_model_metric', operators: COMPARATORS },
  },
  bareNumbers: true,
  fractions: true,
  sorted: ['metric'],
};

/** The names of attributes as filters have them: `id` of an experiment is written `experiment_id`. */
export function attributeNames(noun: Noun): string[] {
  const written = new Map([...noun.aliases].map(([name, column]) => [column, name]));
  return Object.keys(noun.columns).map((column) => (column === 'id' ? written.get(column)! : column));
}

/** The column of an attribute by the name that it was written with; undefined if there is none. */
export function columnNamed(noun: Noun, name: string): string | undefined {
  const column = noun.aliases.get(name) ?? name;
  return Object.hasOwn(noun.columns, column) && (name !== 'id' || noun.table !== 'experiment') ? column : undefined;
}
