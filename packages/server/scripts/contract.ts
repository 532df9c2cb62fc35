import { writeFile } from 'node:fs/promises';
import { openApiText } from '../test/support/openapi.ts';

/** Writes `openapi.json` from the schemas of the routes. A test fails where the committed one differs. */
await writeFile(new URL('../openapi.json', import.meta.url), await openApiText());
