import type { FastifyInstance } from 'fastify';

/** The release of MLflow whose API is spoken here. Its client asks for it before it sends spans. */
const SPEAKS = '3.17.2';

/** `/health`, `/version` and server-info: what the client asks before anything else (`mlflow/store/tracking/rest_store.py`). */
export function serviceRoutes(app: FastifyInstance): void {
  const schema = { hide: true };
  app.get('/health', { schema }, (_request, reply) => reply.type('text/plain; charset=utf-8').send('OK'));
  app.get('/version', { schema }, (_request, reply) => reply.type('text/plain; charset=utf-8').send(SPEAKS));
  for (const prefix of ['/api/3.0', '/ajax-api/3.0'])
    app.get(`${prefix}/mlflow/server-info`, { schema }, async () => ({
      store_type: 'SqlStore',
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
      presigned_upload_run_id_supported: false,
      presigned_upload_model_id_supported: false,
      features_enabled: { gateway: false },
    }));
}
