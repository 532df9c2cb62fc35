import { codeOf } from './causes.ts';
import { type Ended, fault } from './exit.ts';

const LISTEN: Record<string, string> = {
  EADDRINUSE: 'is in use. Stop what listens there, or choose another port with --port',
  EACCES: 'is not for this user to listen on. Choose a port from 1024 with --port',
  EADDRNOTAVAIL: 'is not an address of this machine. Choose another with --host',
  ENOTFOUND: 'is not a name that can be resolved. Choose another with --host',
};

/** The address that cannot be listened on, in a sentence. */
export function listenTrouble(error: unknown, { host, port }: { host: string; port: number }): Ended | undefined {
  const { syscall = '', hostname } = error as NodeJS.ErrnoException & { hostname?: string };
  const words = LISTEN[codeOf(error) ?? ''];
  // A database's host may be what cannot be resolved.
  const isOurs = /^(listen|bind)$/.test(syscall) || (syscall === 'getaddrinfo' && hostname === host);
  if (!words || !isOurs) return undefined;
  return fault(`The address ${host.includes(':') ? `[${host}]` : host}:${port} ${words}.`);
}

const AWAY: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no way to this network',
  ENOENT: 'there is no such socket',
  EACCES: 'this user may not open the socket',
};

/** PostgreSQL is away or lets nobody in, in a sentence that holds no password. */
export function postgresTrouble(error: unknown, url: string): Ended | undefined {
  if (!/^postgres(ql)?:/.test(url) || !(error instanceof Error)) return undefined;
  const code = codeOf(error) ?? '';
  const away = AWAY[code] ?? (/timeout|terminated/i.test(error.message) ? 'it does not answer' : undefined);
  if (away) return unreachable(url, away);
  // Class 08: connection trouble; 28: who is let in; 3D000: no such database; 53300: too many; 57: it starts or stops.
  if (/^(08|28|57P0)...?$|^(3D000|53300)$/.test(code) || /^SASL|password/i.test(error.message))
    return unreachable(url, error.message);
  return undefined;
}

function unreachable(url: string, why: string): Ended {
  return fault(`The database at ${placeOf(url)} cannot be reached: ${why}.`, [
    'Start PostgreSQL, or name another database with --database or ASSAYER_DATABASE.',
  ]);
}

/** `host:port`, or the folder of the socket. */
function placeOf(text: string): string {
  const url = URL.parse(text);
  if (!url) return 'the configured address';
  const host = url.searchParams.get('host') ?? (decodeURIComponent(url.hostname) || 'localhost');
  return `${host}:${url.port || (url.searchParams.get('port') ?? '5432')}`;
}
