/** Told of long work as it goes on. */
export interface Progress {
  /** `bytes` where it is known how many there will be. */
  start(what: string, bytes: number | undefined, files: number): void;
  add(bytes: number): void;
  file(): void;
}

export const SILENT: Progress = { start() {}, add() {}, file() {} };
