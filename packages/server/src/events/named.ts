import { type RawBuilder, sql } from 'kysely';

/**
 * Events that are found by their subject: those that say which model has a name, and those about what is no model. The
 * index `event_named` holds no others, and SQLite uses it where a query says so in its words. `of`: the table's alias.
 */
export function isNamed(of = 'event'): RawBuilder<boolean> {
  return sql`${sql.ref(`${of}.type`)} in
    ('model.registered', 'model.renamed', 'model.restored', 'policy.changed', 'metric-definition.changed')`;
}
