import type { Database } from '../../db/database.ts';
import type { Ingest } from '../ingest.ts';
import { createLoggedModels } from './logged-models.ts';

export interface TrackingParts {
  read: Database['read'];
  dialect: Database['name'];
  ingest: Ingest;
  /** Key of the page tokens. */
  tokenKey: Uint8Array;
  now(): number;
}

/** Experiments, runs and logged models: where models come from. Written in plain transactions, without events. */
export function createTracking(parts: TrackingParts) {
  return {
    experiments: {},
    runs: {},
    metrics: {},
    loggedModels: createLoggedModels(parts),
  };
}
