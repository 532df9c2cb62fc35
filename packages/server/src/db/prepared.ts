import type { CompiledQuery, Kysely } from 'kysely';
import type { Reader, Writer } from './database.ts';
import { execute } from './direct.ts';
import { send } from './send.ts';
import type { Tables } from './tables.ts';

/** Stands in a query for the parameter of this name, until it is run. */
class Parameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Params = Record<string, unknown>;
type Param<P> = <K extends keyof P & string>(name: K) => P[K];
type Build<P, O> = (db: Kysely<Tables>, param: Param<P>) => { compile(on: Kysely<Tables>): CompiledQuery<O> };
type Run<On, P, O> = (on: On, params: P) => Promise<O[]>;
/** A statement that is to be run, as a transaction's database has it. */
export type Write = (tx: Writer) => CompiledQuery;
type RunWrite<P, O> = Run<Writer, P, O> & { with(params: P): Write; send(tx: Writer, params: P): Promise<void> };

/**
 * A query whose text is made once for each database and then only gets its parameters: building and compiling it anew
 * costs more than SQLite takes to answer it. `build` must make the same text whatever the parameters are.
 */
export function prepareRead<P extends Params, O>(build: Build<P, O>): Run<Reader, P, O> {
  return prepare(build).run;
}

/**
 * The same for what finds few rows by an index, and is soon done. PostgreSQL gets those that are asked for at the same time over
 * one connection, where one that took long would hold up all others.
 */
export function prepareLookup<P extends Params, O>(build: Build<P, O>): Run<Reader, P, O> {
  return prepare(build, true).run;
}

/** The same for what writes. `with` leaves it to be made with others, see `writeTogether`; `send` waits for no answer, see there. */
export function prepareWrite<P extends Params, O>(build: Build<P, O>): RunWrite<P, O> {
  const { run, compile } = prepare(build);
  return Object.assign(run, {
    with:
      (params: P): Write =>
      (tx: Writer) =>
        compile(tx, params),
    send: (tx: Writer, params: P) => send(tx, compile(tx, params)),
  });
}

/** The names of the texts, for a database that keeps a plan under a name. There are as many as the code has queries. */
const names = new Map<string, string>();
export const preparedName = (text: string): string | undefined => names.get(text);

export function keepPrepared(text: string): void {
  if (!names.has(text)) names.set(text, `assayer_${names.size + 1}`);
}

function prepare<P extends Params, O>(build: Build<P, O>, isLookup = false) {
  // Transactions share the adapter of the database that they belong to.
  const made = new WeakMap<object, CompiledQuery<O>>();
  const compile = (db: Kysely<Tables>, params: P): CompiledQuery<O> => {
    const { adapter } = db.getExecutor();
    let query = made.get(adapter);
    if (!query) {
      query = build(db, (name) => new Parameter(name) as never).compile(db);
      made.set(adapter, query);
      keepPrepared(query.sql);
    }
    const parameters = query.parameters.map((value) => (value instanceof Parameter ? params[value.name] : value));
    return { ...query, parameters };
  };
  const run: Run<Reader | Writer, P, O> = async (on, params) => {
    const db = on as Kysely<Tables>;
    const result = execute<O>(db, compile(db, params), isLookup);
    return (result instanceof Promise ? await result : result).rows;
  };
  return { run, compile };
}
