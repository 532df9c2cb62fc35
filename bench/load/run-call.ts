import type { Call, Ground } from '../calls/call.ts';
import { callOf } from '../calls/calls.ts';
import { type Answer, openConnection } from './connection.ts';
import type { CallJob, Outcome, Sample } from './job.ts';

const SAMPLES = 32;
const TROUBLES = 5;
/** An answer that takes longer is a fault of the server. */
const LONGEST_MS = 120_000;

/** Each client sends its next request when the answer to the one before is there. */
export async function runCall(job: CallJob, stopped: AbortSignal): Promise<Outcome> {
  const call = callOf(job.call) as Call;
  const latencies: number[] = [];
  const samples: Sample[] = [];
  const troubles = new Set<string>();
  let errors = 0;
  let next = job.from;
  const started = performance.now();
  const until = started + job.ms;
  let ended = started;

  const client = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let sentAt = 0;
      let i = 0;
      const overdue = setTimeout(() => reject(new Error('an answer did not come')), job.ms + LONGEST_MS);
      const send = () => {
        sentAt = performance.now();
        i = next;
        next += 1;
        connection.send(textOf(call, job.ground, i, job.port));
      };
      const finish = () => {
        clearTimeout(overdue);
        connection.end();
        resolve();
      };
      const fail = (trouble: string) => {
        errors += 1;
        if (troubles.size < TROUBLES) troubles.add(trouble);
      };
      const onAnswer = ({ status, body }: Answer) => {
        ended = performance.now();
        latencies.push(ended - sentAt);
        if (status < 200 || status > 299) fail(`${status} ${body.toString().slice(0, 300)}`);
        else if (call.readBack) {
          samples.push({ i, text: body.toString() });
          if (samples.length > SAMPLES) samples.shift();
        }
        if (ended < until && !stopped.aborted) send();
        else finish();
      };
      const connection = openConnection(job.port, onAnswer, (error) => {
        fail(error.message);
        finish();
      });
      send();
    });

  await Promise.all(Array.from({ length: job.clients }, client));
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    answers: latencies.length,
    errors,
    troubles: [...troubles],
    seconds: (ended - started) / 1_000,
    p50: at(0.5),
    p99: at(0.99),
    sent: next - job.from,
    samples,
  };
}

function textOf(call: Call, ground: Ground, i: number, port: number): string {
  const { method, path, body } = call.request(ground, i);
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  const text = JSON.stringify(body);
  return `${head}content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}
