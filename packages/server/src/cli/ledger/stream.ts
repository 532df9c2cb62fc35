import { endOf } from '../server/answer.ts';
import type { Connection } from '../server/connect.ts';
import { ConnectionLost } from '../server/retry.ts';

/** The bytes of an export, as they come. */
export async function* exported(
  { client }: Connection,
  query: { from?: number; to?: number },
): AsyncGenerator<Uint8Array> {
  const { data, error, response } = await client.GET('/api/v1/ledger/export', {
    params: { query },
    parseAs: 'stream',
  });
  if (!response.ok) throw endOf(response.status, error);
  // The document says text; `parseAs` makes it a stream.
  const chunks = data as unknown as AsyncIterable<Uint8Array>;
  try {
    yield* chunks;
  } catch (cause) {
    throw new ConnectionLost(cause);
  }
}
