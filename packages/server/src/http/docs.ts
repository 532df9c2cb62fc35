import { createReadStream } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { DOCUMENT } from '../document.ts';

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

const DOCS = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Assayer: API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true });\n`;

/** Swagger UI's own files, served as they stand in its package. The plugin around them would load much more than they need. */
const PARTS: Readonly<Record<string, string>> = {
  'favicon-32x32.png': 'image/png',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** `/openapi.json`, `/docs` from the package (nothing is loaded from elsewhere), and a page at `/` that links to them. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const hidden = { schema: { hide: true } };
  app.get('/openapi.json', hidden, (_request, reply) =>
    reply.type('application/json').send(createReadStream(DOCUMENT)),
  );
  app.get('/', hidden, (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
      .send(HOME),
  );
  app.get('/docs', hidden, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', DOCS_CSP).send(DOCS),
  );
  app.get('/docs/start.js', hidden, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const [name, type] of Object.entries(PARTS)) {
    const file = new URL(`static/${name}`, import.meta.resolve('@fastify/swagger-ui'));
    app.get(`/docs/${name}`, hidden, (_request, reply) =>
      reply.type(type).header('cache-control', 'private, max-age=3600').send(createReadStream(file)),
    );
  }
}
