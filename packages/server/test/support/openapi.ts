import { pino } from 'pino';
import { collectOpenApi, openApiOf } from '../../src/http/openapi.ts';
import { createHttp } from '../../src/http/server.ts';
import type { Registry } from '../../src/registry/registry.ts';

/** The OpenAPI document of the routes as they are now. Routes only register here: nothing is opened. */
export async function openApiText(): Promise<string> {
  const app = await createHttp(
    {} as Registry,
    {} as never,
    {},
    {
      hosts: [],
      origins: [],
      jsonBytes: 1_048_576,
      headerBytes: 16_384,
      connections: 1,
      requestMs: 1_000,
      idleMs: 1_000,
      uploadIdleMs: 1_000,
      eventStreams: 1,
      log: pino({ level: 'silent' }),
    },
    collectOpenApi,
  );
  await app.ready();
  const document = openApiOf(app);
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
}
