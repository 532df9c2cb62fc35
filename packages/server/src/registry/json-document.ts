import type { Page } from './paging/pages.ts';

/**
 * A document as it is answered. Columns hold the parts of a document as JSON already, so that its text is put together from
 * theirs: reading them only to write them again would cost more than the query.
 */
export interface JsonDocument {
  etag: number;
  json: string;
}

export const toJsonDocument = (document: { etag: number }): JsonDocument => ({
  etag: document.etag,
  json: JSON.stringify(document),
});

/** A page of documents as `JSON.stringify` writes it. `toJson` writes one of them. */
export function toJsonPage<T>({ items, next_page_token }: Page<T>, toJson: (item: T) => string): string {
  let text = '';
  for (const item of items) text += text === '' ? toJson(item) : `,${toJson(item)}`;
  return `{"items":[${text}],"next_page_token":${JSON.stringify(next_page_token)}}`;
}
