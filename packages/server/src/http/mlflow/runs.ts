import type { Registry } from '../../registry/registry.ts';
import type { AddRoute } from './door.ts';

export function runRoutes(_route: AddRoute, _registry: Registry): void {}
