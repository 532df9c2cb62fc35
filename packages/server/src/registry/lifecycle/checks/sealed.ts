import type { Evidence } from '../evidence.ts';
import { failed, type Outcome, passed } from './outcome.ts';

export function sealed({ version: { name, href, version } }: Evidence): Outcome {
  const facts = [{ what: `state of ${name}`, value: version.state, href }];
  if (version.state === 'sealed') return passed('the version is sealed', facts);
  return failed('the version is open: its artifacts can still change', `seal it with POST ${href}/seal`, facts);
}
