import { Type } from 'typebox';
import { TrashPage } from '../../contract/trash.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Api, PageQuery, responses } from './route.ts';

export function trashRoutes(app: Api, { trash }: Registry): void {
  app.get(
    '/trash',
    {
      schema: {
        operationId: 'listTrash',
        summary: 'What can be restored, and until when',
        tags: ['Models'],
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: responses({ 200: TrashPage }),
      },
    },
    ({ query }) => trash.list(query),
  );
}
