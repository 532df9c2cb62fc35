import type { Config } from './schema.ts';

const SECRET_PARAMETER = /([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&#]*/gi;

/** The text with the password of a URL, and secrets among its query parameters, as `***`. */
export function maskSecret(text: string): string {
  const question = text.indexOf('?');
  const head = question < 0 ? text : text.slice(0, question);
  const query = question < 0 ? '' : text.slice(question);
  // Greedy up to the last @, since a password that was not percent-encoded may hold one.
  const masked = head.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^:/@]*):.*@/s, '$1:***@');
  if (masked === head && query.includes('@') && /^[^:]+:\/\/[^/]*:/.test(head)) {
    // A password with a question mark in it: nothing can be told apart.
    return text.replace(/^([^:]+:\/\/[^:/@]*):.*@/s, '$1:***@').replace(SECRET_PARAMETER, '$1***');
  }
  return masked + query.replace(SECRET_PARAMETER, '$1***');
}

/** A copy that may be printed. */
export function maskSecrets(config: Config): Config {
  return { ...config, database: maskSecret(config.database), blobs: maskSecret(config.blobs) };
}
