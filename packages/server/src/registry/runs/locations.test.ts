import { describe, expect, it } from 'vitest';
import { locationIn, pathOf } from './locations.ts';

describe('a location', () => {
  it.each([
    ['mlflow-artifacts:/1', '1'],
    ['mlflow-artifacts:1/x/', '1/x'],
    ['MLFLOW-ARTIFACTS:///1//x//', '1//x'],
    ['mlflow-artifacts://host:5000/1/x', '1/x'],
    ['mlflow-artifacts://host', ''],
    ['mlflow-artifacts:', ''],
    ['mlflow-artifacts:/1?x=y', undefined],
    ['mlflow-artifacts:/1#x', undefined],
    ['s3://bucket/1', undefined],
    ['/mlflow-artifacts:/1', undefined],
    ['', undefined],
  ])('%j has the path %j among our files', (location, path) => {
    expect(pathOf(location)).toBe(path);
  });

  it.each([
    ['mlflow-artifacts:/1', 'mlflow-artifacts:/1/a/b'],
    ['s3://bucket', 's3://bucket/a/b'],
    ['s3://bucket/', 's3://bucket/a/b'],
    ['s3://bucket/x?y=/z', 's3://bucket/x/a/b?y=/z'],
    ['./mlruns', './mlruns/a/b'],
  ])('below %j is %j', (location, below) => {
    expect(locationIn(location, 'a/b')).toBe(below);
  });
});
