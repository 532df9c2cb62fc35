import type { Event } from '../../contract/event.ts';
import { parseCount } from '../names.ts';
import { type Connection, connect, type ServerOptions } from '../server/connect.ts';
import { firstItems } from '../server/pages.ts';
import { when } from '../show/words.ts';
import { interruptible } from '../signals.ts';
import { escapeLine } from '../terminal/escape.ts';
import type { Output, OutputOptions } from '../terminal/output.ts';
import { followEvents } from './follow.ts';

export interface LogOptions extends OutputOptions {
  server?: string;
  subject?: string;
  actor?: string;
  type?: string;
  limit: string;
  follow?: boolean;
}

export async function logOf(out: Output, options: LogOptions): Promise<void> {
  const { server, subject, actor, type, follow = false } = options;
  const asked: ServerOptions = server === undefined ? {} : { server };
  const connection = connect(asked);
  const filter = { ...(subject && { subject }), ...(actor && { actor }), ...(type && { type: type as Event['type'] }) };
  const { client } = connection;
  const { items, more } = await firstItems<Event>(
    (page) => client.GET('/api/v1/events', { params: { query: { ...page, ...filter } } }),
    parseCount(options.limit),
  );
  for (const event of follow ? items.reverse() : items) tell(out, event);
  if (!follow) {
    if (items.length === 0) out.note('There is no such event.');
    else if (more) out.note(`There are more than these ${items.length}: raise --limit, or export the ledger.`);
    return;
  }
  await interruptible((signal) => followFrom(connection, out, filter, items.at(-1)?.seq, signal));
}

async function followFrom(
  connection: Connection,
  out: Output,
  filter: { subject?: string; actor?: string; type?: string },
  after: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of followEvents(connection, after, signal)) {
    const isWanted =
      (!filter.actor || event.actor === filter.actor) &&
      (!filter.type || event.type === filter.type) &&
      (!filter.subject || event.subject === filter.subject || event.subject.startsWith(`${filter.subject}/`));
    if (isWanted) tell(out, event);
  }
}

function tell(out: Output, event: Event): void {
  out.item(event);
  const { seq, at, actor, verified, type, subject, reason } = event;
  const who = `${actor}${verified ? '' : ' (unverified)'}`;
  out.lines(escapeLine(`${seq}  ${when(at)}  ${type}  ${subject}  ${who}${reason ? `  ${reason}` : ''}`));
}
