// Does what is missing before `npm start`, `npm test` and the rest: installs, builds, and for tests makes the Python
// environment. Plain JavaScript for Node 18 and later, since nothing is installed yet when it runs first. When there is
// nothing to do it only looks at dates.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const STAMPS = join(ROOT, 'node_modules', '.assayer');
const env = { ...process.env, PATH: BIN + delimiter + process.env.PATH };

/** The builds, in order: what they are made of, what they make, and with which tool. */
const BUILDS = [
  {
    name: 'client',
    from: ['packages/client/src', 'packages/client/tsconfig.json'],
    makes: 'packages/client/dist',
    with: ['tsc', '-p', 'packages/client'],
  },
  {
    name: 'server',
    from: ['packages/server/src', 'packages/server/package.json', 'scripts/bundle-server.mjs'],
    makes: 'packages/server/dist',
    with: ['node', 'scripts/bundle-server.mjs'],
  },
];

/** The environments of Python: two lines of MLflow's client cannot share one. */
const CONFORMANCE = 'packages/server/test/python/conformance';
const PYTHONS = [
  {
    name: '.venv',
    needs: ['examples/requirements.txt', 'packages/server/test/hostile/requirements.txt'],
    variable: 'ASSAYER_PYTHON',
  },
  { name: '.venv-mlflow3', needs: [`${CONFORMANCE}/requirements-mlflow3.txt`], variable: 'ASSAYER_MLFLOW3_PYTHON' },
  { name: '.venv-mlflow2', needs: [`${CONFORMANCE}/requirements-mlflow2.txt`], variable: 'ASSAYER_MLFLOW2_PYTHON' },
];

const [goal] = process.argv.slice(2);
if (!['install', 'run', 'build', 'example', 'test'].includes(goal))
  fail('usage: node scripts/setup.mjs install|run|build|example|test');
install();
if (goal !== 'install') for (const build of BUILDS) make(build, goal === 'build');
if (goal === 'test') PYTHONS.forEach(python);
else if (goal === 'example') python(PYTHONS[0]);

function install() {
  const lock = hashOf('package-lock.json');
  if (stampOf('install') === lock && existsSync(join(BIN, 'node'))) return;
  say('installing packages (npm ci)');
  // No install script of any dependency runs, and NODE_ENV=production leaves nothing out: what builds is a development
  // dependency. The warning about engines speaks of the system's Node: ours comes with this.
  run('npm', ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], process.env);
  if (!existsSync(join(BIN, 'node'))) {
    const own = process.versions.node.split('.').map(Number);
    if (own[0] < 22 || (own[0] === 22 && own[1] < 16))
      fail(`there is no packaged Node.js for ${process.platform} ${process.arch}: install Node.js 24 and try again`);
  }
  stamp('install', lock);
}

function make({ name, from, makes, with: [tool, ...args] }, anyway) {
  const newest = Math.max(...from.map((path) => newestIn(join(ROOT, path))));
  const key = `${newest} ${stampOf('install')}`;
  if (!anyway && stampOf(`build-${name}`) === key && existsSync(join(ROOT, makes))) return;
  say(`building ${name}`);
  rmSync(join(ROOT, makes), { recursive: true, force: true });
  run(join(BIN, tool), args, env);
  stamp(`build-${name}`, key);
}

/** An environment of this checkout with Python's packages for the examples and the tests, unless a variable names another. */
function python({ name, needs, variable }) {
  if (process.env[variable]) return;
  const key = needs.map(hashOf).join(' ');
  const own = join(ROOT, name, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (stampOf(name.replace('.venv', 'python')) === key && existsSync(own)) return;
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['-c', 'import venv, ensurepip']).status === 0);
  if (!found)
    fail(`the tests need Python 3 with its venv module (on Debian: python3 and python3-venv); or set ${variable}`);
  say(`installing Python packages into ${name}`);
  run(found, ['-m', 'venv', name], process.env);
  run(
    own,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...needs.flatMap((file) => ['-r', file])],
    process.env,
  );
  stamp(name.replace('.venv', 'python'), key);
}

function newestIn(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

function hashOf(path) {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, path)))
    .digest('hex');
}

function stampOf(name) {
  const file = join(STAMPS, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function stamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, name), value);
}

function run(command, args, environment) {
  try {
    execFileSync(command, args, { cwd: ROOT, env: environment, stdio: 'inherit', shell: process.platform === 'win32' });
  } catch (error) {
    fail(`${[command, ...args].join(' ')} failed: ${error.message}`);
  }
}

function say(text) {
  process.stderr.write(`assayer: ${text} …\n`);
}

function fail(text) {
  process.stderr.write(`assayer: ${text}\n`);
  process.exit(1);
}
