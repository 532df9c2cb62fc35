import type { Registry } from '../../registry/registry.ts';
import type { AddRoute } from './door.ts';

export function modelVersionRoutes(_route: AddRoute, _registry: Registry): void {}
