import { writeFile } from 'node:fs/promises';
import { errorsPage, openApiText } from '../test/support/contract.ts';

/** Writes what is generated from the code: `openapi.json` and `docs/errors.md`. A test fails where the committed ones differ. */
await writeFile(new URL('../openapi.json', import.meta.url), await openApiText());
await writeFile(new URL('../../../docs/errors.md', import.meta.url), errorsPage());
