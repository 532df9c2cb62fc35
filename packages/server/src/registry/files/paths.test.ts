import { describe, expect, it } from 'vitest';
import { problemOfPath } from '../names.ts';
import { assertWritable, placeOf, problemOfFile } from './paths.ts';

const RUN = `12/${'a1'.repeat(16)}/artifacts`;

describe('a path of a file', () => {
  it.each([
    ['0/x', { of: 'files', path: '0/x' }],
    [RUN, { of: 'files', path: RUN }],
    ['versions', { of: 'versions' }],
    ['versions/7', { of: 'versions' }],
    ['versions/07/1', { of: 'versions' }],
    ['versions/7/x', { of: 'versions' }],
    ['versions/7/0/a', { of: 'versions' }],
    ['versions/7/3', { of: 'version', model_id: 7, number: 3, path: '' }],
    ['versions/7/3/a/b', { of: 'version', model_id: 7, number: 3, path: 'a/b' }],
    ['versions-of/7/3', { of: 'files', path: 'versions-of/7/3' }],
    ['0/versions/7/3', { of: 'files', path: '0/versions/7/3' }],
  ])('%s leads to %o', (path, place) => {
    expect(placeOf(path)).toEqual(place);
  });

  it.each([
    '',
    '/',
    '.',
    '..',
    'a/',
    '/a',
    `${RUN}/`,
    `${RUN}/../x`,
    'versions/7/3/',
    'versions/7/3/..',
    'versions//3',
  ])('P4 "%s" leads nowhere', (path) => {
    expect(() => placeOf(path)).toThrow(/^Invalid path: it must/);
    expect(() => assertWritable(path)).toThrow(/^Invalid path/);
  });

  it('below a run, a logged model or a version follows the rules of artifacts alone', () => {
    const roots = [RUN, `3/models/m-${'0'.repeat(32)}/artifacts`, 'versions/7/3'];
    const paths = [
      'a',
      'b'.repeat(255),
      'c'.repeat(256),
      'a/'.repeat(511).concat('ab'),
      'a/'.repeat(512).concat('a'),
      'nul',
      'é',
    ];
    for (const root of roots)
      for (const path of paths) expect(problemOfFile(`${root}/${path}`), path).toBe(problemOfPath(path));
    // No other root is left out of the count.
    for (const other of ['12/run/artifacts', `12/${'A1'.repeat(16)}/artifacts`, 'x/models/m-0/artifacts'])
      expect(problemOfFile(`${other}/${'a/'.repeat(511)}ab`)).toMatch(/at most 1024 bytes/);
  });
});
