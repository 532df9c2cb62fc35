import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { vi } from 'vitest';

/** A statement as a driver ran it. */
export interface Ran {
  sql: string;
  parameters: readonly unknown[];
}

/**
 * Listens to both drivers, from before a database is opened. What it answers runs `body` and gives every query that was
 * run meanwhile, each text once.
 */
export function listen(): (body: () => Promise<unknown>) => Promise<Ran[]> {
  let ran: Map<string, Ran> | undefined;
  const note = (sql: unknown, parameters: unknown) => {
    if (typeof sql !== 'string' || !/^\s*(select|with|update|delete|insert)\b/.test(sql) || ran?.has(sql)) return;
    ran?.set(sql, { sql, parameters: Array.isArray(parameters) ? parameters : [] });
  };

  const db = new Sqlite(':memory:');
  const statement = Object.getPrototypeOf(db.prepare('select 1')) as Sqlite.Statement;
  for (const method of ['all', 'run'] as const) {
    const original = statement[method] as (...parameters: unknown[]) => unknown;
    vi.spyOn(statement, method).mockImplementation(function (this: Sqlite.Statement, ...parameters) {
      // As it was written: the driver puts a plus before what SQLite is not to look at, and will again.
      note(this.source.replaceAll('+?', '?'), parameters[0]);
      return original.apply(this, parameters) as never;
    });
  }
  db.close();

  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const [asked, values] = args as [string | pg.QueryConfig, unknown];
    if (typeof asked === 'string') note(asked, values);
    else note(asked.text, asked.values);
    return query.apply(this, args) as never;
  });

  return async (body) => {
    ran = new Map();
    try {
      await body();
      return [...ran.values()];
    } finally {
      ran = undefined;
    }
  };
}
