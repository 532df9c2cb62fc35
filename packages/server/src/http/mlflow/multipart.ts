import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PartSent } from '../../registry/files/complete.ts';
import type { Registry } from '../../registry/registry.ts';
import { expectedOf, withBody } from '../api/read-body.ts';
import { pathOf } from './artifact-paths.ts';
import { PREFIXES } from './door.ts';
import { Fields } from './fields.ts';
import { MlflowRefused, refuseParameter } from './refused.ts';

/** A list of 10,000 parts, each with its address. */
const LIST_BYTES = 8 * 2 ** 20;
const AT = '/mlflow-artifacts/mpu';
const schema = { hide: true };

/**
 * Uploads in parts, for clients that are told to (MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD): nothing is won by them here, where
 * every byte comes through this server either way (`mlflow/store/artifact/http_artifact_repo.py`, _try_multipart_upload).
 */
export function multipartRoutes(json: FastifyInstance, { files }: Registry): void {
  for (const prefix of PREFIXES) {
    json.post(`${prefix}${AT}/create/*`, { schema }, async (request) => {
      const fields = bodyOf(request);
      const path = targetOf(request, fields);
      const { upload_id, parts, expires_at } = await files.uploads.begin(path, fields.integer('num_parts') ?? 1);
      const at = `${originOf(request)}${prefix}${AT}/part/${upload_id}`;
      const addressOf = (part_number: number) => {
        const signature = files.uploads.sign(upload_id, part_number, expires_at);
        return `${at}/${part_number}?expires=${expires_at}&signature=${signature}`;
      };
      const numbers = Array.from({ length: parts }, (_, i) => i + 1);
      return {
        upload_id,
        credentials: numbers.map((part_number) => ({ url: addressOf(part_number), part_number, headers: {} })),
      };
    });
    json.post(`${prefix}${AT}/complete/*`, { schema, bodyLimit: LIST_BYTES }, async (request) => {
      const fields = bodyOf(request);
      await files.uploads.complete(fields.required('upload_id'), targetOf(request, fields), partsOf(fields));
      return {};
    });
    json.post(`${prefix}${AT}/abort/*`, { schema }, async (request) => {
      await files.uploads.abort(bodyOf(request).required('upload_id'));
      return {};
    });
  }
}

/** Where parts are sent. No header says who sends: the address is signed. */
export function partRoutes(bytes: FastifyInstance, { files }: Registry, idleMs: number): void {
  for (const prefix of PREFIXES)
    bytes.put(`${prefix}${AT}/part/:upload_id/:part_number`, { schema }, async (request, reply) => {
      const etag = await withBody(request, reply, idleMs, async (body) => {
        const { upload_id, part_number } = signedPart(request, files.uploads.isSigned);
        return files.uploads.put(upload_id, part_number, body, expectedOf(request));
      });
      return reply
        .code(200)
        .headers({ etag: `"${etag}"`, 'content-length': 0 })
        .send();
    });
}

type IsSigned = Registry['files']['uploads']['isSigned'];

function signedPart({ params, query }: FastifyRequest, isSigned: IsSigned): { upload_id: string; part_number: number } {
  const { upload_id, part_number } = params as { upload_id: string; part_number: string };
  const { expires, signature } = query as Record<string, unknown>;
  const isPlain = [part_number, expires].every((text) => typeof text === 'string' && /^[1-9]\d{0,14}$/.test(text));
  if (
    !isPlain ||
    typeof signature !== 'string' ||
    !isSigned(upload_id, Number(part_number), Number(expires), signature)
  )
    throw new MlflowRefused(
      'PERMISSION_DENIED',
      'The address of this part is not the one that was given out, or it expired.',
    );
  return { upload_id, part_number: Number(part_number) };
}

/** The body alone: its `path` is another than the one in the address. */
function bodyOf(request: FastifyRequest): Fields {
  const body = request.body ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) refuseParameter('The body must be a JSON object.');
  return new Fields(body as Record<string, unknown>);
}

/** The folder stands in the address. The client tells where the file is on its own disk: only its name counts. */
function targetOf(request: FastifyRequest, fields: Fields): string {
  const name = fields.required('path').split(/[/\\]/).at(-1) ?? '';
  const folder = pathOf(request).replace(/\/$/, '');
  return folder === '' ? name : `${folder}/${name}`;
}

function partsOf(fields: Fields): PartSent[] {
  return fields.objects('parts').map((part) => ({
    part_number: part.integer('part_number') ?? 0,
    sha256: part.required('etag').replaceAll('"', ''),
  }));
}

/** As the client came here: parts are sent the same way. A proxy in between that speaks TLS says so. */
function originOf({ protocol, headers }: FastifyRequest): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : protocol;
  return `${scheme}://${headers.host}`;
}
