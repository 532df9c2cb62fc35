import fc from 'fast-check';
import { it } from 'vitest';
import { toTime } from './time.ts';

it('writes times as toISOString does', () => {
  const edges = [0, 999, 1_000, 59_999, 86_399_999, 86_400_000, -1];
  const moment = fc.oneof(
    fc.constantFrom(...edges),
    fc.integer({ min: -62_198_755_200_000, max: 253_402_300_799_999 }),
    fc.nat(),
  );
  fc.assert(fc.property(moment, (ms) => toTime(ms) === new Date(ms).toISOString()));
});
