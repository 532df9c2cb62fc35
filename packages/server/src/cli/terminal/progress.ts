import { formatDuration, formatSize } from '../../config/sizes.ts';
import { cut } from './width.ts';

export interface ProgressState {
  what: string;
  bytes: number;
  /** Undefined where it is not known how many there will be. */
  total: number | undefined;
  files: number;
  totalFiles: number;
  /** Bytes per second, lately. */
  rate: number;
}

const EVERY_MS = 100;
const WINDOW_MS = 5_000;

/** `Sending 3 of 12 files  1.2 of 4.5 GiB (27 %)  85 MiB/s  39 s left` */
export function formatProgress({ what, bytes, total, files, totalFiles, rate }: ProgressState): string {
  const words = [
    `${what} ${files} of ${totalFiles} ${totalFiles === 1 ? 'file' : 'files'}`,
    total === undefined ? formatSize(bytes) : shareOf(bytes, total),
    `${formatSize(Math.round(rate))}/s`,
  ];
  if (total !== undefined && rate > 0 && bytes < total)
    words.push(`${formatDuration(Math.ceil((total - bytes) / rate) * 1000)} left`);
  return words.join('  ');
}

function shareOf(bytes: number, total: number): string {
  const percent = total === 0 ? 100 : Math.min(100, Math.floor((bytes / total) * 100));
  return `${formatSize(bytes)} of ${formatSize(total)} (${percent} %)`;
}

export interface Progress {
  start(what: string, total: number | undefined, totalFiles: number): void;
  add(bytes: number): void;
  file(): void;
  /** Clears the line. */
  end(): void;
}

const SILENT: Progress = { start() {}, add() {}, file() {}, end() {} };

/** One line on stderr that is drawn anew, where stderr is a terminal; otherwise nothing. */
export function createProgress(options: { quiet: boolean; stream?: NodeJS.WriteStream; now?: () => number }): Progress {
  const { quiet, stream = process.stderr, now = Date.now } = options;
  if (quiet || !stream.isTTY) return SILENT;
  let state: ProgressState = { what: '', bytes: 0, total: 0, files: 0, totalFiles: 0, rate: 0 };
  let samples: { at: number; bytes: number }[] = [];
  let drawn = 0;

  function draw(force = false) {
    const at = now();
    if (!force && at - drawn < EVERY_MS) return;
    drawn = at;
    samples = [...samples.filter((one) => at - one.at < WINDOW_MS), { at, bytes: state.bytes }];
    const [first] = samples;
    if (first && at > first.at) state.rate = ((state.bytes - first.bytes) / (at - first.at)) * 1000;
    stream.write(`\r\x1b[K${cut(formatProgress(state), Math.max(20, (stream.columns || 80) - 1))}`);
  }

  return {
    start(what, total, totalFiles) {
      state = { what, bytes: 0, total, files: 0, totalFiles, rate: 0 };
      samples = [];
      draw(true);
    },
    add(bytes) {
      state.bytes += bytes;
      draw();
    },
    file() {
      state.files += 1;
      draw();
    },
    end() {
      stream.write('\r\x1b[K');
    },
  };
}
