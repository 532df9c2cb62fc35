/** Who does it. While access is open a name is what the client says of itself, so it is recorded as unverified. */
export interface Actor {
  readonly name: string;
  readonly verified: boolean;
}

export const ANONYMOUS: Actor = { name: 'anonymous', verified: false };
/** Assayer itself: expiry of the trash. */
export const SYSTEM: Actor = { name: 'system', verified: true };

/** One request to change something: who asks, under which request id, and the key that makes it happen once. */
export interface Caller {
  readonly actor: Actor;
  readonly request_id: string;
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
}
