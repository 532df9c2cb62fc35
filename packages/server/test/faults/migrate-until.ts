import type { KyselyPlugin } from 'kysely';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';

/** A program: migrates a database, and ends itself before the statement of that number. Prints how many there were. */
const [url = '', schema = '', at = '0'] = process.argv.slice(2);
const db = await openDatabase(url, { connections: 1, ...(schema && { schema }) });
let statements = 0;
const ending: KyselyPlugin = {
  transformQuery({ node }) {
    statements += 1;
    if (statements === Number(at)) process.kill(process.pid, 'SIGKILL');
    return node;
  },
  transformResult: async ({ result }) => result,
};
await migrate({ ...db, write: db.write.withPlugin(ending) });
await db.close();
process.stdout.write(`${statements}\n`);
