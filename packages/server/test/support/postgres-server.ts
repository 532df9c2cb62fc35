/** Where the tests' PostgreSQL listens: started once for the whole run by `start-postgres.ts`, or named by TEST_POSTGRES_URL. */
export async function postgresUrl(): Promise<string> {
  const url = process.env.TEST_POSTGRES_URL;
  if (!url)
    throw new Error('TEST_POSTGRES_URL is not set and test/support/start-postgres.ts did not run; use npm test');
  return url;
}
