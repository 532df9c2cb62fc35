import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../registry/registry.ts';
import { artifactRoutes, type ProxyOptions } from './artifacts.ts';
import { acceptBodies, routesOf } from './door.ts';
import { experimentRoutes } from './experiments.ts';
import { loggedModelRoutes } from './logged-models.ts';
import { metricRoutes } from './metrics.ts';
import { modelVersionRoutes } from './model-versions.ts';
import { registeredModelRoutes } from './registered-models.ts';
import { runRoutes } from './runs.ts';
import { searchRoutes } from './searches.ts';
import { serviceRoutes } from './service.ts';
import { unsupportedRoutes } from './unsupported.ts';

/** MLflow's REST API over the same registry. docs/mlflow.md says what of it there is. */
export async function mlflowRoutes(app: FastifyInstance, registry: Registry, options: ProxyOptions): Promise<void> {
  serviceRoutes(app);
  unsupportedRoutes(app);
  await app.register(async (json) => {
    acceptBodies(json);
    const route = routesOf(json);
    registeredModelRoutes(route, registry);
    modelVersionRoutes(route, registry);
    experimentRoutes(route, registry);
    runRoutes(route, registry);
    metricRoutes(route, registry);
    loggedModelRoutes(route, registry);
    searchRoutes(route, registry);
  });
  await app.register(async (bytes) => {
    // Bodies are files: nothing reads them before the route does.
    bytes.removeAllContentTypeParsers();
    bytes.addContentTypeParser('*', (_request, _payload, done) => done(null));
    artifactRoutes(bytes, registry, options);
  });
}
