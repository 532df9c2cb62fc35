import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LEAVES, variablesOf } from './leaves.ts';
import { ConfigProblems, loadConfig, readConfig } from './load.ts';
import { blobFolder, databaseUrl } from './places.ts';

const GiB = 2 ** 30;

const folder = mkdtempSync(join(tmpdir(), 'assayer-config-'));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: unknown): string {
  const path = join(folder, `${files++}-settings.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function problemsOf(parts: Parameters<typeof loadConfig>[0]): readonly string[] {
  try {
    loadConfig(parts);
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems;
    throw error;
  }
  return [];
}

describe('defaults', () => {
  it('need nothing', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({ host: '127.0.0.1', port: 5050, data: './data', allow_anonymous: false });
    expect(config.limits.artifact_bytes).toBe(64 * GiB);
    expect(databaseUrl(config)).toBe(`sqlite:${resolve('data/assayer.db')}`);
    expect(blobFolder({ ...config, blobs: 'file:///b' })).toBe('/b');
  });

  it('are not shared between configurations', () => {
    loadConfig({}).allowed_hosts.push('x');
    expect(loadConfig({}).allowed_hosts).toEqual([]);
  });
});

describe('precedence', () => {
  it('is defaults, file, environment, flags', () => {
    const path = file({ $schema: './schema.json', port: 1, trash_days: 2, limits: { json_bytes: '2MiB' }, data: '/d' });
    const { config, sources } = readConfig({
      file: path,
      env: { ASSAYER_PORT: '2', ASSAYER_TRASH_DAYS: '7' },
      flags: { port: '3' },
    });
    expect(config).toMatchObject({ port: 3, trash_days: 7, data: '/d', limits: { json_bytes: 2 ** 21 } });
    expect(sources).toMatchObject({
      port: '--port',
      trash_days: 'ASSAYER_TRASH_DAYS',
      data: `data in ${path}`,
      host: 'default',
    });
  });

  it('takes flags dotted, nested and typed', () => {
    const flags = { 'policy.single': ['production'], limits: { connections: 5 }, migrate: true };
    expect(loadConfig({ flags })).toMatchObject({
      policy: { single: ['production'] },
      limits: { connections: 5 },
      migrate: true,
    });
  });
});

describe('text is read as its setting asks', () => {
  const table: [string, string, Record<string, unknown>][] = [
    ['ASSAYER_LIMITS__ARTIFACT_BYTES', '64GiB', { limits: { artifact_bytes: 64 * GiB } }],
    ['ASSAYER_LIMITS_ARTIFACT_BYTES', '500 MB', { limits: { artifact_bytes: 500_000_000 } }],
    ['ASSAYER_LIMITS__RESERVE_BYTES', '1.5kib', { limits: { reserve_bytes: 1536 } }],
    ['ASSAYER_POLICY__SINGLE', 'staging, production', { policy: { single: ['staging', 'production'] } }],
    ['ASSAYER_ALLOWED_HOSTS', 'ml.example.com,', { allowed_hosts: ['ml.example.com'] }],
    ['ASSAYER_ALLOWED_HOSTS', '', { allowed_hosts: [] }],
    ['ASSAYER_MIGRATE', '1', { migrate: true }],
    ['ASSAYER_MIGRATE', 'FALSE', { migrate: false }],
    ['ASSAYER_DATABASE', 'postgres://u:p@h/db', { database: 'postgres://u:p@h/db' }],
  ];
  it.each(table)('%s=%s', (name, text, expected) => {
    expect(loadConfig({ env: { [name]: text } })).toMatchObject(expected);
  });

  it('has one variable for one setting', () => {
    const names = LEAVES.flatMap(variablesOf);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('refusals', () => {
  const table: [string, Parameters<typeof loadConfig>[0], RegExp][] = [
    ['a wrong type', { flags: { port: 'abc' } }, /^--port: must be a whole number from 0 to 65535, not "abc"$/],
    ['out of range', { env: { ASSAYER_PORT: '65536' } }, /^ASSAYER_PORT: must be a whole number/],
    ['a fraction', { file: file({ port: 1.5 }) }, /^port in .*settings.json: must be a whole number/],
    ['a number as text in the file', { file: file({ port: '1' }) }, /must be a whole number .* not "1"$/],
    ['too small a size', { env: { ASSAYER_LIMITS__JSON_BYTES: '1' } }, /from 1 KiB to 64 MiB, not "1"$/],
    ['not a boolean', { env: { ASSAYER_MIGRATE: 'yes' } }, /must be true or false, not "yes"$/],
    ['not one of', { flags: { log_level: 'loud' } }, /must be one of silent, error, warn, info, debug/],
    ['a list element', { flags: { 'policy.single': ['draft'] } }, /of: staging, production, not \["draft"\]$/],
    ['a host pattern', { flags: { allowed_hosts: ['*.example.com'] } }, /host names without ports or patterns/],
    ['a host with a port', { flags: { allowed_hosts: ['example.com:80'] } }, /host names without ports/],
    ['an origin with a path', { flags: { allowed_origins: ['https://a.b/c'] } }, /without a path/],
    [
      'an unknown key',
      { file: file({ limits: { artefact_bytes: 1 } }) },
      /^limits.artefact_bytes in .*no such setting/,
    ],
    ['an unknown variable', { env: { ASSAYER_PROT: '1' } }, /^ASSAYER_PROT: there is no such setting$/],
    ['a near miss', { env: { ASSAYER_ARTIFACT_BYTES: '1' } }, /did you mean ASSAYER_LIMITS__ARTIFACT_BYTES\?$/],
    ['an unknown flag', { flags: { colour: 'red' } }, /^colour: there is no such setting$/],
    ['a list as the file', { file: file([]) }, /must hold a JSON object$/],
    ['no JSON', { file: file('{') }, /not JSON/],
    ['no such file', { file: '/nowhere/x.json' }, /cannot be read \(ENOENT\)$/],
    ['S3 for now', { flags: { blobs: 's3://bucket' } }, /S3 is not supported yet; use file:FOLDER/],
    ['another database', { flags: { database: 'mysql://h/db' } }, /must be sqlite:FILE or postgres/],
    ['a prototype', { file: file('{"__proto__": {"port": 1}}') }, /no such setting/],
  ];
  it.each(table)('%s', (_name, parts, message) => {
    expect(problemsOf(parts)).toEqual([expect.stringMatching(message)]);
  });

  it('come all at once', () => {
    const problems = problemsOf({
      file: file({ port: -1, colour: 1 }),
      env: { ASSAYER_FOO: '1', ASSAYER_MIGRATE: 'x' },
      flags: { host: '0.0.0.0', trash_days: '-3' },
    });
    expect(problems).toHaveLength(6);
  });

  it('show no password', () => {
    expect(problemsOf({ flags: { database: 'postgrex://u:hunter2@h' } }).join()).not.toContain('hunter2');
  });

  it('leave the variables of the client alone', () => {
    expect(
      problemsOf({
        env: { ASSAYER_SERVER: 'x', ASSAYER_ACTOR: 'ada', ASSAYER_PYTHON: 'python3', ASSAYER_MLFLOW3_PYTHON: 'p' },
      }),
    ).toEqual([]);
  });
});

describe('a host beyond this machine', () => {
  it.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.evil.com'])('%s needs allow_anonymous', (host) => {
    expect(problemsOf({ flags: { host } })).toEqual([
      expect.stringMatching(/no access control yet.*--allow-anonymous/),
    ]);
    expect(problemsOf({ flags: { host, allow_anonymous: true } })).toEqual([]);
  });
  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('%s does not', (host) => {
    expect(problemsOf({ flags: { host } })).toEqual([]);
  });
});
