import { nameOf, type Shape } from '../seed/shape.ts';

/** What a call needs to know of the installation that it meets. */
export interface Ground {
  shape: Shape;
  /** The token of the last full page of a walk over all versions; none where it is the first. */
  deepToken?: string;
}

/** A request as the generator sends it. */
export interface Request {
  method: string;
  path: string;
  body?: unknown;
}

export interface Call {
  name: string;
  /** The request number `i`. Requests that follow each other never meet in one subject. */
  request(ground: Ground, i: number): Request;
  /** Of calls that write: where the document that was answered can be read again. */
  readBack?(answer: never): { path: string; document: { etag: number } };
  /** Only where there is a model that holds many versions. */
  needsMany?: boolean;
  /** Only after all versions were walked over. */
  needsWalk?: boolean;
}

/** Visits every place once before it comes to one again, far from the one before. */
const STRIDE = 7_919;
const placeOf = (i: number, count: number): number => (i * STRIDE) % count;

export const pathOf = (name: string): string => `/api/v1/models/${name}`;
export const modelAt = (shape: Shape, i: number): string => pathOf(nameOf(placeOf(i, shape.models)));
/** How often every model was visited before the request `i`. */
export const passOf = (shape: Shape, i: number): number => Math.floor(i / shape.models);
