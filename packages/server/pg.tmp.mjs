import { postgresServer } from './test/support/start-postgres.ts';

const s = await postgresServer('/tmp/lp/pgdata');
console.log(s.url, s.pid);
process.on('SIGTERM', async () => {
  await s.stop();
  process.exit(0);
});
setInterval(() => {}, 1e6);
