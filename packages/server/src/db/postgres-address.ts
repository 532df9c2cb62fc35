import type pg from 'pg';
import { parse } from 'pg-connection-string';
import { DatabaseRefused } from './refused.ts';

const SSL_MODES = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full'];
const TLS = ['ssl', 'sslmode', 'sslnegotiation', 'sslrootcert', 'sslcert', 'sslkey'];

/**
 * What the driver is told of a `postgres://` address. Any one query ends in time, and a commit is on disk when it is
 * answered, whatever the server's own settings are; options that the operator gave in the address stand before ours.
 * Throws DatabaseRefused where the address cannot be used, or a file that it names cannot be read.
 */
export function driverConfig(url: string, schema: string | undefined, statementMs: number): pg.PoolConfig {
  const address = URL.parse(url);
  if (!address) throw unusable('write postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  const own = [
    `-c statement_timeout=${statementMs}`,
    '-c synchronous_commit=on',
    ...(schema ? [`-c search_path=${schema}`] : []),
  ];
  address.searchParams.set('options', [address.searchParams.get('options') ?? '', ...own].join(' ').trim());
  const tls = takeTls(address);
  return { connectionString: withSpaces(address), ...tls };
}

/**
 * Takes out of the address what it says of TLS, and reads the files that it names. The driver would read them again for
 * each connection, and throw where nothing is known to fail.
 */
function takeTls(address: URL): pg.PoolConfig {
  const { searchParams } = address;
  const mode = searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) throw unusable(`sslmode is one of ${SSL_MODES.join(', ')}`);
  // The driver holds all of these for verify-full, with a warning.
  if (SSL_MODES.indexOf(mode ?? '') > 1 && !searchParams.has('uselibpqcompat'))
    searchParams.set('sslmode', 'verify-full');
  try {
    const { ssl, sslnegotiation } = parse(withSpaces(address)) as pg.PoolConfig;
    return { ...(ssl !== undefined && { ssl }), ...(sslnegotiation && { sslnegotiation }) };
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  } finally {
    for (const name of TLS) searchParams.delete(name);
  }
}

/** The driver reads + as it stands: a space must be %20. */
function withSpaces(address: URL): string {
  address.search = address.search.replaceAll('+', '%20');
  return address.href;
}

const unusable = (why: string) => new DatabaseRefused(`the address of the database cannot be used: ${why}`);
