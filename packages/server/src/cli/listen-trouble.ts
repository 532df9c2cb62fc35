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
