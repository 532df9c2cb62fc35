/** The database cannot be used as it is asked to be: the message says why, and what to do. */
export class DatabaseRefused extends Error {
  override name = 'DatabaseRefused';
}
