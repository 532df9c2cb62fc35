/** What the fuzzer knows of the server that it asks. */
export interface Known {
  operations: readonly Operation[];
  /** Page tokens and digests of earlier answers. */
  tokens: readonly string[];
  digests: readonly string[];
  /** Of the MLflow API. */
  runs: readonly string[];
  loggedModels: readonly string[];
}

export interface Operation {
  id: string;
  method: string;
  /** With `{name}` and the like. */
  path: string;
  /** Refuses in MLflow's form. */
  mlflow?: boolean;
  /** May say that it is not implemented. */
  refuses?: boolean;
}

/** Stands at the end of every case: a point read that must be answered right after whatever came before. */
export const LAST = 'GET /api/v1/models/anchor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
