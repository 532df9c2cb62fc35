/** Something long that is done once. */
export interface Haul {
  haul: 'walk' | 'a plain file' | 'a plain file, again' | 'upload' | 'download' | 'upload beside reads';
  database: string;
  versions: number;
  /** Of the artifact that was carried. */
  bytes?: number;
  seconds: number;
  /** Of the server; of a plain file, of the benchmark. */
  cpuSeconds: number;
  /** By how much the server's resident memory grew at most. */
  growthBytes?: number;
  /** Of point reads meanwhile, in milliseconds. */
  readP50?: number;
  readP99?: number;
  reads?: number;
  errors: number;
  troubles: string[];
}
