import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../../contract/event.ts';
import { linesOf } from '../../events/lines.ts';
import { endOf } from '../server/answer.ts';
import type { Connection } from '../server/connect.ts';

const AGAIN_MS = 1_000;

/** Events as they happen, from the one after `after`. A lost connection is taken up again without a gap. */
export async function* followEvents(
  { server }: Connection,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  let last = after;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': String(last) };
      const response = await fetch(`${server}/api/v1/events/stream`, { headers, signal });
      if (!response.ok || !response.body) throw endOf(response.status, await response.json().catch(() => undefined));
      for await (const line of linesOf(response.body)) {
        const text = line.toString();
        if (!text.startsWith('data: ')) continue;
        const event = JSON.parse(text.slice('data: '.length)) as Event;
        last = event.seq;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      // `fetch` and a body that breaks off throw a TypeError; anything else is an answer.
      if (!(error instanceof TypeError)) throw error;
    }
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}
