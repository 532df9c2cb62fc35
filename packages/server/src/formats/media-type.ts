export const TEXT_LOOK = 1024 * 1024;

const IMAGES: [string, readonly (number | undefined)[]][] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46, undefined, undefined, undefined, undefined, 0x57, 0x45, 0x42, 0x50]],
];

/**
 * The media type of a file that is none of the formats known. Never one that a browser would run or lay out: markup,
 * SVG and scripts are text to us.
 */
export function mediaTypeOf(head: Uint8Array, size: number): string {
  const image = IMAGES.find(([, mark]) => mark.every((b, i) => b === undefined || head[i] === b));
  if (image) return image[0];
  return isText(head, size) ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

/** UTF-8 without control characters, as far as was looked; a character cut at the end of the look is no fault. */
function isText(head: Uint8Array, size: number): boolean {
  if (head.length === 0) return false;
  if (head.some((b) => b < 0x20 && b !== 9 && b !== 10 && b !== 12 && b !== 13)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length < size });
    return true;
  } catch {
    return false;
  }
}
