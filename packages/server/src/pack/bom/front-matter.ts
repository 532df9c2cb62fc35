import { isObject, type PlainYaml, readYaml } from '../../formats/plain-yaml.ts';
import { Malformed, TooMuch } from '../../formats/unreadable.ts';

export type FrontMatter = { [key: string]: PlainYaml };

/** Longer ones are not read. */
const LONGEST = 20_000;

/** What stands between two lines of dashes at the head of a card, as on Hugging Face; nothing where it cannot be read. */
export function frontMatterOf(card: string | null): FrontMatter {
  const text = card?.slice(0, LONGEST).replaceAll('\r\n', '\n') ?? '';
  const end = text.startsWith('---\n') ? text.indexOf('\n---', 3) : -1;
  if (end === -1) return {};
  try {
    const read = readYaml(text.slice(4, end + 1));
    return isObject(read) ? read : {};
  } catch (error) {
    if (error instanceof Malformed || error instanceof TooMuch) return {};
    throw error;
  }
}

export function licencesIn(front: FrontMatter): string[] {
  const { license, license_name } = front;
  const named = license === 'other' && typeof license_name === 'string' ? license_name : license;
  return textsIn(named).slice(0, 10);
}

/** A text, or a list of texts. */
export function textsIn(value: PlainYaml | undefined): string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.filter((item) => typeof item === 'string' && item !== '') as string[];
}
