import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { ConsistencyProof, InclusionProof } from '../../contract/ledger.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Api, cutWhenStalled, responses } from './route.ts';

const tags = ['Events and ledger'];
const Seq = (minimum: number) => Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER });

export function ledgerRoutes(app: Api, { ledger }: Registry, idleMs: number): void {
  app.get(
    '/ledger/checkpoint',
    {
      schema: {
        operationId: 'getCheckpoint',
        summary: 'Signed note of the tree head (C2SP tlog-checkpoint, Ed25519)',
        tags,
        produces: ['text/plain'],
        response: responses({ 200: Type.String() }),
      },
    },
    async (_request, reply) => reply.type('text/plain; charset=utf-8').send(await ledger.checkpoint()),
  );

  app.get(
    '/ledger/key',
    {
      schema: {
        operationId: 'getLedgerKey',
        summary: 'Verifier key of the checkpoints: keep a copy elsewhere',
        tags,
        produces: ['text/plain'],
        response: responses({ 200: Type.String() }),
      },
    },
    (_request, reply) => reply.type('text/plain; charset=utf-8').send(`${ledger.vkey}\n`),
  );

  app.get(
    '/ledger/proofs/inclusion',
    {
      schema: {
        operationId: 'proveInclusion',
        summary: 'That an event is in the tree',
        tags,
        querystring: Type.Object({ seq: Seq(1), size: Type.Optional(Seq(1)) }, { additionalProperties: false }),
        response: responses({ 200: InclusionProof }),
      },
    },
    ({ query }) => ledger.proveInclusion(query.seq, query.size),
  );

  app.get(
    '/ledger/proofs/consistency',
    {
      schema: {
        operationId: 'proveConsistency',
        summary: 'That one tree is the beginning of another',
        tags,
        querystring: Type.Object({ from: Seq(0), to: Type.Optional(Seq(0)) }, { additionalProperties: false }),
        response: responses({ 200: ConsistencyProof }),
      },
    },
    ({ query }) => ledger.proveConsistency(query.from, query.to),
  );

  app.get(
    '/ledger/export',
    {
      schema: {
        operationId: 'exportLedger',
        summary: 'Every event as JSON Lines; a line without its newline is the leaf',
        tags,
        produces: ['application/jsonl'],
        querystring: Type.Object(
          {
            from: Type.Integer({ minimum: 1, default: 1, maximum: Number.MAX_SAFE_INTEGER }),
            to: Type.Optional(Seq(0)),
          },
          { additionalProperties: false },
        ),
        response: responses({ 200: Type.String() }),
      },
    },
    async ({ query, method }, reply) => {
      cutWhenStalled(reply, idleMs);
      const size = await ledger.size();
      const to = Math.min(query.to ?? size, size);
      reply.type('application/jsonl; charset=utf-8');
      if (method === 'HEAD') return reply.send();
      return reply.send(Readable.from(inChunks(ledger.lines(query.from, to))));
    },
  );
}

const CHUNK = 65_536;

async function* inChunks(lines: AsyncIterable<{ line: string }>): AsyncGenerator<Buffer> {
  let chunk = '';
  for await (const { line } of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
  if (chunk) yield Buffer.from(chunk);
}
