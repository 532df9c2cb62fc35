import { refuse } from '../refusals.ts';

const LONGEST = 2_048;
const refuseLocation = (why: string): never =>
  refuse('invalid', why, { errors: [{ path: '/artifact_location', message: why }] });

/**
 * Where an experiment wants its files to be. One that is not in our own store is recorded, and never opened
 * (`mlflow/server/handlers.py`, `_validate_storage_location_uri`).
 */
export function assertLocation(location: string): void {
  if ([...location].length > LONGEST)
    refuseLocation(
      `Invalid artifact path length. The length of the artifact path cannot be greater than ${LONGEST} characters.`,
    );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(location)) refuseLocation("'artifact_location' must not hold control characters.");
  if (/[#;]/.test(location)) refuseLocation("'artifact_location' URL can't include fragments or params.");
  if (/^runs:/i.test(location)) refuseLocation(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  const plain = decoded(location);
  if (plain.split(/[/\\?]/).includes('..'))
    refuseLocation(`Invalid artifact_location: '${location}'. It must not hold '..'.`);
  if (/^versions(\/|$)/.test(pathOf(plain) ?? ''))
    refuseLocation(`Invalid artifact_location: '${location}'. What is below versions/ belongs to versions.`);
}

/** Percent-encoding may be wrapped in itself. */
function decoded(text: string): string {
  for (let one = text, i = 0; ; i += 1) {
    const next = one.replace(/%[0-7][0-9a-f]/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
    if (next === one || i === 20) return next;
    one = next;
  }
}

/** A place within another; what a URL says after `?` stays at its end. */
export function locationIn(location: string, path: string): string {
  const query = location.indexOf('?');
  const [place, rest] = query === -1 ? [location, ''] : [location.slice(0, query), location.slice(query)];
  return `${place}${place.endsWith('/') ? '' : '/'}${path}${rest}`;
}

const OWN = 'mlflow-artifacts:';

/** The path of a location in the tree of our own files; undefined of any other. */
export function pathOf(location: string): string | undefined {
  if (!location.toLowerCase().startsWith(OWN) || /[?#]/.test(location)) return undefined;
  const rest = location.slice(OWN.length);
  const root = rest.startsWith('//') ? rest.indexOf('/', 2) : 0;
  if (root === -1) return '';
  let [from, to] = [root, rest.length];
  while (rest[from] === '/') from += 1;
  while (to > from && rest[to - 1] === '/') to -= 1;
  return rest.slice(from, to);
}
