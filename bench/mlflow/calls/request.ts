import { type Call, passOf, placeOf, type Request } from '../../calls/call.ts';
import { EACH, nameOf, type Shape } from '../../seed/shape.ts';

/** A call of MLflow's REST API, named as the method of its client is. */
export interface MlflowCall extends Call {
  /** What the row is called where targets are told. */
  row: string;
  /** At least so many times less CPU than MLflow takes; none where nothing is promised. */
  atLeast?: number;
  /** Of searches that sort by time, the seeds of two servers agree in how many rows there are, not in which. */
  byTime?: boolean;
}

const API = '/api/2.0/mlflow';
/** Where artifacts are put and got. */
export const FILES = '/api/2.0/mlflow-artifacts/artifacts';

export function get(path: string, query: Record<string, string | number> = {}): Request {
  const parts = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return { method: 'GET', path: `${API}${path}${parts.length > 0 ? `?${parts.join('&')}` : ''}` };
}

export const post = (path: string, body: object): Request => ({ method: 'POST', path: `${API}${path}`, body });

/** The model of request `i`. */
export const modelOf = (shape: Shape, i: number): string => nameOf(placeOf(i, shape.models));
/** The version of request `i`, as MLflow writes numbers of versions. */
export const versionOf = (shape: Shape, i: number): string => String((passOf(shape, i) % EACH) + 1);
