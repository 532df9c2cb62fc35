import { nameOf, type Shape } from '../seed/shape.ts';

/** What a call needs to know of the installation that it meets. */
export interface Ground {
  shape: Shape;
  /** The token of the last full page of a walk over all versions; none where it is the first. */
  deepToken?: string;
  /** Ids of runs of MLflow's API that take metrics. */
  runs?: readonly string[];
}

/** A request as the generator sends it. */
export interface Request {
  method: string;
  path: string;
  body?: unknown;
}

/** What must stand at a path. */
export interface Written {
  path: string;
  document: unknown;
  /** What of the answer there is to be compared, where it is not all of it. */
  part?(read: never): unknown;
}

export interface Call {
  name: string;
  /** The request number `i`. Requests that follow each other never meet in one subject. */
  request(ground: Ground, i: number): Request;
  /** Of calls that write: what can be read again of request `i`, which was answered so. */
  readBack?(answer: never, ground: Ground, i: number): Written;
  /** Only where there is a model that holds many versions. */
  needsMany?: boolean;
  /** Only after all versions were walked over. */
  needsWalk?: boolean;
}

/** Visits every place once before it comes to one again, far from the one before. */
const STRIDE = 7_919;
export const placeOf = (i: number, count: number): number => (i * STRIDE) % count;

export const pathOf = (name: string): string => `/api/v1/models/${name}`;
export const modelAt = (shape: Shape, i: number): string => pathOf(nameOf(placeOf(i, shape.models)));
/** How often every model was visited before the request `i`. */
export const passOf = (shape: Shape, i: number): number => Math.floor(i / shape.models);
