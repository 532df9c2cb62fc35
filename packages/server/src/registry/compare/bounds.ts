/** What one comparison shows at most; how many there are is told besides. */
export const MOST = {
  /** Params, facts, tags or properties, each. */
  values: 500,
  /** Of one of these, in characters. */
  shown: 200,
  /** Params of a run, and artifacts whose facts are looked at. */
  params: 1_000,
  factual: 20,
  metrics: 500,
  datasets: 20,
  metricsOfDataset: 200,
  slices: 100,
  metricsOfSlice: 20,
  /** Values in all of the data sets together: no further data set is begun beyond. */
  evaluated: 20_000,
  apart: 100,
  metricsApart: 50,
  signature: 100,
  files: 100,
} as const;
