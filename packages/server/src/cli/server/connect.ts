import { randomUUID } from 'node:crypto';
import { type AssayerClient, createClient } from 'assayer-client';
import type { Command } from 'commander';
import { misused } from '../exit.ts';
import { ConnectionLost, type Patience, SHORT, withRetries } from './retry.ts';

export interface ServerOptions {
  server?: string;
  actor?: string;
}

/** A server, and who asks. */
export interface Connection {
  /** Without a slash at the end. */
  readonly server: string;
  readonly actor: string | undefined;
  readonly client: AssayerClient;
}

const DEFAULT_SERVER = 'http://127.0.0.1:5050';

export function withServer(command: Command): Command {
  return command.option('--server <url>', `where Assayer answers (default: ASSAYER_SERVER, or ${DEFAULT_SERVER})`);
}

export function withActor(command: Command): Command {
  return command.option('--actor <name>', 'who does this, for the ledger (default: ASSAYER_ACTOR)');
}

export function connect(options: ServerOptions, patience: Patience = SHORT): Connection {
  const server = readServer(options.server ?? process.env.ASSAYER_SERVER ?? DEFAULT_SERVER);
  const actor = options.actor ?? process.env.ASSAYER_ACTOR;
  const client = createClient({ server, actor, fetch: patientFetch(patience) });
  // With a key of its own a POST happens once, however often it is sent.
  client.use({
    onRequest({ request }) {
      if (request.method === 'POST') request.headers.set('Idempotency-Key', randomUUID());
      return request;
    },
  });
  return { server, actor, client };
}

export function readServer(text: string): string {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash)
    throw misused(`"${text}" is not the address of a server: write it as ${DEFAULT_SERVER}.`);
  return url.href.replace(/\/+$/, '');
}

/** Sends again what may be sent twice. A DELETE is not: the second would find nothing. */
function patientFetch(patience: Patience): (request: Request) => Promise<Response> {
  return async (request) => {
    const once = request.method === 'DELETE' ? { ...patience, tries: 1 } : patience;
    const { response } = await withRetries(once, async () => {
      const answer = await fetch(request.clone()).catch((error) => {
        throw new ConnectionLost(error);
      });
      return { status: answer.status, retryAfter: answer.headers.get('retry-after'), response: answer };
    });
    return response;
  };
}
