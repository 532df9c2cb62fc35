import { expect, it } from 'vitest';
import { BUILT_IN, builtIn } from './built-in.ts';

it.each([
  ['accuracy', 'higher'],
  ['AUC', 'higher'],
  ['training_accuracy_score', 'higher'],
  ['val_loss', 'lower'],
  ['val/loss', 'lower'],
  ['test.rmse', 'lower'],
  ['eval-f1_macro', 'higher'],
  ['mean_absolute_error', 'lower'],
  ['mean_latency_ms', 'lower'],
  ['root_mean_squared_error', 'lower'],
  ['example_count', undefined],
])('%s is known: better where it is %s', (name, direction) => {
  expect(builtIn(name)).toBeDefined();
  expect(builtIn(name)?.direction).toBe(direction);
});

it.each(['', 'uplift', 'val_', 'val_val_loss', 'lossy', 'loss_val', 'constructor', `val_${'x'.repeat(1_000)}`])(
  '%s is not known',
  (name) => expect(builtIn(name)).toBeUndefined(),
);

it('is written in lower case, each with what it says', () => {
  for (const [name, { description }] of BUILT_IN) {
    expect(name).toBe(name.toLowerCase());
    expect(description.length).toBeGreaterThan(10);
  }
});
