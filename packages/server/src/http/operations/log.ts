import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

export type Log = Logger;

/** Lines that wait for a reader who does not read: what comes beyond is dropped, so that memory stays bounded. */
const MOST_WAITING_BYTES = 16 * 2 ** 20;
const MOST_CAUSES = 5;

/**
 * What is written together, so that a line does not cost a call of the system; it waits for others so long at most. Fewer
 * bytes than pino writes in one call (16 KiB), or it refuses to start.
 */
const TOGETHER_BYTES = 8 * 1024;
const WAITS_MS = 50;

/** One line of JSON per entry on the standard error, written beside the work, and the last ones when the process ends. */
export function openLog(level: string): Log {
  const file = destination({ dest: 2, sync: false, maxLength: MOST_WAITING_BYTES, minLength: TOGETHER_BYTES });
  // Its own periodic flush writes every time, also where nothing waits; and a flush does nothing while a write is under way.
  let waiting = 0;
  let due = false;
  const later = () => {
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
      if (waiting <= 0 || (file as { destroyed?: boolean }).destroyed) return;
      file.flush();
      later();
    }, WAITS_MS).unref();
  };
  file.on('write', (bytes) => {
    waiting -= bytes;
  });
  file.on('drop', (line) => {
    waiting -= Buffer.byteLength(line);
  });
  return createLog(level, {
    write(line) {
      waiting += Buffer.byteLength(line);
      file.write(line);
      later();
    },
  });
}

export function createLog(level: string, to: { write(line: string): void }): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: toLogged },
    },
    to,
  );
}

interface Logged {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: Logged;
}

/**
 * What is told of an error: never its other members, since drivers hang on them what they were working with, such as
 * the address of a database with its password, or values of a row.
 */
function toLogged(error: unknown, depth = 0): Logged {
  if (!(error instanceof Error)) return { type: typeof error, message: 'something was thrown that is no error' };
  const { cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(cause instanceof Error && depth < MOST_CAUSES && { cause: toLogged(cause, depth + 1) }),
  };
}
