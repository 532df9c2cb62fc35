/** A refusal that knows only of HTTP: it never comes from the registry. */
export class HttpRefused extends Error {
  override name = 'HttpRefused';
  readonly status: number;
  readonly kind: string;
  readonly members: Record<string, unknown>;
  readonly headers: Record<string, string>;
  constructor(
    status: number,
    kind: string,
    message: string,
    members: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.kind = kind;
    this.members = members;
    this.headers = headers;
  }
}
