import { readFile } from 'node:fs/promises';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** The committed document: beside `src` in a checkout, beside `dist` in the package. */
const DOCUMENT = new URL('../../openapi.json', import.meta.url);

/** The page's own scripts and styles, and nothing from elsewhere. Swagger UI sets style attributes and draws from data: images. */
const DOCS_CSP =
  "default-src 'none'; connect-src 'self'; font-src 'self'; img-src 'self' data:; script-src 'self'; " +
  "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HOME = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Assayer</title>
<h1>Assayer</h1>
<p>A model registry. <a href="/docs">API</a> · <a href="/openapi.json">openapi.json</a> · <a href="/readyz">health</a></p>
</html>
`;

/** `/openapi.json`, `/docs` from the package (nothing is loaded from elsewhere), and a page at `/` that links to them. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8');
  const document = JSON.parse(text);
  await app.register(swagger, { mode: 'static', specification: { document } });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_CSP });
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json').serializer(String).send(text),
  );
  app.get('/', { schema: { hide: true } }, (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
      .send(HOME),
  );
}
