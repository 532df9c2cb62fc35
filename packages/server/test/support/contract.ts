import { pino } from 'pino';
import { PROBLEMS } from '../../src/http/api/problems.ts';
import { collectOpenApi, openApiOf } from '../../src/http/openapi.ts';
import { createHttp } from '../../src/http/server.ts';
import type { Registry } from '../../src/registry/registry.ts';

/** The OpenAPI document of the routes as they are now. Routes only register here: nothing is opened. */
export async function openApiText(): Promise<string> {
  const app = await createHttp(
    // Routes are only described, so that no member is ever called.
    { tracking: {} } as Registry,
    {} as never,
    {} as never,
    {
      hosts: [],
      origins: [],
      jsonBytes: 1_048_576,
      headerBytes: 16_384,
      connections: 1,
      headMs: 1_000,
      requestMs: 1_000,
      idleMs: 1_000,
      uploadIdleMs: 1_000,
      eventStreams: 1,
      log: pino({ level: 'silent' }),
      logRequests: 'none',
    },
    collectOpenApi,
  );
  await app.ready();
  const document = openApiOf(app);
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** `docs/errors.md`: every refusal of the native API. */
export function errorsPage(): string {
  const rows = Object.entries(PROBLEMS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, { status, title }]) => `| \`${kind}\` | ${status} | ${title} |`);
  return `# Errors

Written by \`npm run contract\` from \`packages/server/src/http/api/problems.ts\`.

Every error is a problem (RFC 9457, \`application/problem+json\`): \`type\` is \`/problems/<kind>\`, \`detail\` a sentence
that says what to do next, \`request_id\` what to give to the operator; a refusal's own members stand beside them.

| kind | status | title |
| --- | --- | --- |
${rows.join('\n')}
`;
}
