import { Type } from 'typebox';
import { openPack } from '../../pack/pack.ts';
import type { Registry } from '../../registry/registry.ts';
import { attachment } from './downloads.ts';
import { type Api, cutWhenStalled, responses, VersionParams } from './route.ts';
import { sendBytes } from './send-bytes.ts';

export function packRoutes(app: Api, registry: Registry, idleMs: number): void {
  app.get(
    '/models/:name/versions/:ref/evidence.zip',
    {
      schema: {
        operationId: 'getEvidencePack',
        summary: 'What is known of a version and why it was promoted, as a ZIP that proves itself offline',
        description:
          'Of a sealed version; by its number also of one that was deregistered or purged. "assayer evidence verify" verifies it.',
        tags: ['Evidence'],
        params: VersionParams,
        produces: ['application/zip'],
        response: responses({ 200: Type.String({ format: 'binary', description: 'The bytes' }) }, 409),
      },
    },
    async (request, reply) => {
      const { name, ref } = request.params;
      const pack = await openPack(registry.source, name, ref);
      cutWhenStalled(reply, idleMs).headers({
        'content-type': 'application/zip',
        'content-disposition': attachment(`${pack.model}-${pack.number}-evidence.zip`),
        'content-security-policy': "sandbox; default-src 'none'",
        'cache-control': 'private, no-cache',
      });
      return request.method === 'HEAD' ? reply.send() : sendBytes(reply, pack.chunks());
    },
  );
}
