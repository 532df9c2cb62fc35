import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

type Json = unknown;
type Node = Record<string, Json>;

/** Collects every route's schemas into an OpenAPI 3.1 document. Registered before the routes. */
export async function collectOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Assayer',
        version: '1',
        description: 'The native REST API of Assayer, a machine-learning model registry.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        'Models',
        'Versions',
        'Artifacts',
        'Life cycle',
        'Policies',
        'Evidence',
        'Charts',
        'Runs',
        'Events and ledger',
      ].map((name) => ({
        name,
      })),
    },
  });
}

/** The document: every titled schema is a component of that name, referred to wherever it stands. */
export function openApiOf(app: FastifyInstance): Node {
  const document = app.swagger() as unknown as Node;
  const schemas: Record<string, Json> = {};
  const paths = hoist(withNamedPaths(document.paths as Node), schemas, true);
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  const responses: Record<string, Json> = {};
  for (const operation of Object.values(paths as Node).flatMap((path) => Object.values(path as Node)))
    shareProblems((operation as { responses: Record<string, Json> }).responses, responses);
  return { ...document, paths, components: { schemas: sorted, responses } };
}

/** Every operation answers with the same problems: each stands once, under its status. */
function shareProblems(answers: Record<string, Json>, shared: Record<string, Json>): void {
  for (const [status, answer] of Object.entries(answers)) {
    if (!('application/problem+json' in ((answer as { content?: object }).content ?? {}))) continue;
    shared[`Problem${status}`] = answer;
    answers[status] = { $ref: `#/components/responses/Problem${status}` };
  }
}

/** The router's wildcard is the artifact's path. */
function withNamedPaths(paths: Node): Node {
  const text = JSON.stringify(paths).replaceAll('{*}', '{path}').replaceAll('"name":"*"', '"name":"path"');
  // A parameter with a default may be left out.
  return JSON.parse(text, (_key, value) => (isOptional(value) ? { ...value, required: false } : value)) as Node;
}

function isOptional(value: unknown): boolean {
  const parameter = value as { in?: unknown; schema?: { default?: unknown } } | null;
  return typeof parameter?.in === 'string' && parameter.schema?.default !== undefined;
}

function hoist(node: Json, schemas: Record<string, Json>, top = false): Json {
  if (Array.isArray(node)) return node.map((item) => hoist(item, schemas));
  if (typeof node !== 'object' || node === null) return node;
  const { title } = node as Node;
  const inner = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, hoist(value, schemas)]));
  if (top || typeof title !== 'string' || !('type' in node || 'anyOf' in node)) return inner;
  const known = schemas[title];
  if (known && JSON.stringify(known) !== JSON.stringify(inner)) throw new Error(`two schemas are titled ${title}`);
  schemas[title] = inner;
  return { $ref: `#/components/schemas/${title}` };
}
