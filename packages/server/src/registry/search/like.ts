/** The pieces of a LIKE pattern: `%` is any run, `_` one character, all else stands for itself. There is no escape. */
type Piece = '%' | '_' | { character: string };

function pieces(pattern: string): Piece[] {
  return [...pattern.replace(/%+/gu, '%')].map((c) => (c === '%' || c === '_' ? c : { character: c }));
}

/** Whether `text` matches, character by character. Takes at most the product of both lengths. */
export function matchesLike(text: string, pattern: string): boolean {
  const wanted = pieces(pattern);
  const given = [...text];
  let t = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (t < given.length) {
    const piece = wanted[p];
    if (piece === '%') {
      star = p++;
      resume = t;
    } else if (piece === '_' || (piece !== undefined && piece.character === given[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (wanted[p] === '%') p++;
  return p === wanted.length;
}

/** The same pattern for SQLite's GLOB, which minds letter case and counts characters as we do. */
export function toGlob(pattern: string): string {
  const glob = (c: string) => (c === '*' || c === '?' || c === '[' ? `[${c}]` : c);
  return pieces(pattern)
    .map((piece) => (piece === '%' ? '*' : piece === '_' ? '?' : glob(piece.character)))
    .join('');
}

/** What every match begins with: the pattern up to its first wildcard. */
export function prefixOf(pattern: string): string {
  return /^[^%_]*/u.exec(pattern)![0];
}

/** The least text, by code points, that is greater than all that begin with `prefix`; undefined if there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const characters = [...prefix];
  while (characters.length > 0) {
    const last = characters.pop()!.codePointAt(0)!;
    if (last === 0x10ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return characters.join('') + String.fromCodePoint(next);
  }
  return undefined;
}
