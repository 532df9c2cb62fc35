import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../registry/registry.ts';

export interface ProxyOptions {
  /** A sender or reader that stalls for so long is cut. */
  idleMs: number;
}

export function artifactRoutes(_app: FastifyInstance, _registry: Registry, _options: ProxyOptions): void {}
