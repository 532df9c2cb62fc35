import type { Job } from './job.ts';
import { runCall } from './run-call.ts';
import { runTransfer } from './run-transfer.ts';

/** A process of its own: takes one job at a time over the channel to its parent, and answers with what came of it. */
let stop = new AbortController();

process.on('message', (message: Job | 'stop') => {
  if (message === 'stop') {
    stop.abort();
    return;
  }
  stop = new AbortController();
  const done = message.kind === 'call' ? runCall(message, stop.signal) : runTransfer(message);
  done.then(
    (outcome) => process.send?.({ outcome }),
    (error: Error) => process.send?.({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());
