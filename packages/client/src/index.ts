import createFetchClient, { type Client } from 'openapi-fetch';
import { toHeader } from './headers.ts';
import type { components, paths } from './schema.ts';

export type { Problem } from './problem.ts';
export { problemOf } from './problem.ts';
export type { components, paths } from './schema.ts';

/** Every named schema of the API: `Schemas['Model']`. */
export type Schemas = components['schemas'];

export interface ClientOptions {
  /** Where the server answers: `http://127.0.0.1:5050`. In a page of the server itself, an empty text. */
  server: string;
  /** Who asks; sent as `X-Assayer-Actor`. */
  actor?: string | undefined;
  /** Sent as a bearer token. */
  token?: string | undefined;
  /** Instead of the global `fetch`: to retry, to count, to test. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

export type AssayerClient = Client<paths>;

/** The whole REST API, typed: `await client.GET('/api/v1/models/{name}', { params: { path: { name: 'churn' } } })`. */
export function createClient({ server, actor, token, fetch }: ClientOptions): AssayerClient {
  return createFetchClient<paths>({
    baseUrl: server.replace(/\/+$/, ''),
    headers: {
      ...(actor && { 'X-Assayer-Actor': toHeader(actor) }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    ...(fetch && { fetch }),
  });
}
