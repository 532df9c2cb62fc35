import { defineConfig } from 'vitest/config';

/** Suites that install and build what is published: they need a registry, and minutes. */
const PUBLISHED = ['packages', 'image'].map((name) => ({ name, file: `packages/server/test/install/${name}.test.ts` }));

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line.ts'],
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'core',
          include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'bench/*.test.ts'],
          exclude: ['**/node_modules/**', ...PUBLISHED.map(({ file }) => file)],
          globalSetup: ['./packages/server/test/support/start-postgres.ts'],
          setupFiles: ['./packages/server/src/json-parse.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      ...PUBLISHED.map(({ name, file }) => ({
        test: { name, include: [file], testTimeout: 300_000, hookTimeout: 600_000, sequence: { groupOrder: 1 } },
      })),
    ],
  },
});
