/** The header for requests that do not go through the client: its value is the UTF-8 of the name, byte for byte. */
export function actorHeader(actor: string | undefined): Record<string, string> {
  return actor ? { 'x-assayer-actor': Buffer.from(actor).toString('latin1') } : {};
}
