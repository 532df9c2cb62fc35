import { isIP } from 'node:net';
import type { Config } from './schema.ts';

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/** What no single setting shows. */
export function crossProblems(config: Config): string[] {
  const problems: string[] = [];
  if (!isLoopback(config.host) && !config.allow_anonymous) {
    problems.push(
      `host ${config.host} opens Assayer to other machines, and there is no access control yet: whoever reaches the port ` +
        'can read, register, promote and delete every model. If the network in front of it keeps strangers out, say so with ' +
        '--allow-anonymous, ASSAYER_ALLOW_ANONYMOUS=true or "allow_anonymous": true; otherwise leave host at 127.0.0.1',
    );
  }
  return problems;
}
