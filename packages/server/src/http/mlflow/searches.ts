import type { Registry } from '../../registry/registry.ts';
import type { AddRoute } from './door.ts';

export function searchRoutes(_route: AddRoute, _registry: Registry): void {}
