import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, jsonOf, makePlace, run, type Served, serve } from './support.ts';

const place = await makePlace();
let server: Served;
const RULE = { approvals: 1, checks: [{ check: 'metric', metric: 'auc', comparator: '>=', value: 0.9 }] };

beforeAll(async () => {
  server = await serve(place);
  await writeFile(join(place.folder, 'config.json'), '{}');
  await writeFile(join(place.folder, 'strict.json'), JSON.stringify({ statuses: { production: RULE } }));
  for (const metric of ['0.8', '0.95']) await done(place, 'push', 'churn', 'config.json', '--metric', `auc=${metric}`);
});

afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

describe('policies and promotions on the command line', () => {
  it('a policy is set, shown and cleared, and its history told', async () => {
    expect(await done(place, 'policy', 'show')).toContain('nobody has set it');
    expect(await done(place, 'policy', 'set', 'strict.json', 'churn', '--actor', 'ada')).toMatch(
      /policy of churn, version 1, by ada.*\n {2}production: enforce, 1 approval\n {4}metric metric auc comparator >= value 0\.9/,
    );
    expect(await jsonOf(place, 'policy', 'show', 'churn')).toMatchObject({
      version: 1,
      statuses: { production: RULE },
    });
    expect(await run(place, 'policy', 'set', 'strict.json', 'churn', '--if-version', '7')).toMatchObject({ code: 1 });
    await writeFile(join(place.folder, 'broken.json'), '{"statuses": {"live": {}}}');
    const broken = await run(place, 'policy', 'set', 'broken.json', 'churn');
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('statuses/live is not a field here') });
    await writeFile(join(place.folder, 'broken.json'), '{');
    expect(await run(place, 'policy', 'set', 'broken.json')).toMatchObject({ code: 2 });
    await done(place, 'policy', 'clear', 'churn');
    await done(place, 'policy', 'set', 'strict.json', 'churn');
    expect(await done(place, 'policy', 'history', 'churn')).toMatch(/VERSION.*\n +3 .*production\n +2 .*\n +1 /);
  });

  it('check ends with 0 or 1, for CI', async () => {
    const failing = await run(place, 'check', 'churn/1', '--to', 'production');
    expect(failing).toMatchObject({ code: 1, stdout: expect.stringMatching(/✗ metric: auc of churn\/1 is 0\.8/) });
    expect(failing.stderr).toContain('fails a check, by version 3 of the model policy');
    const waiting = await run(place, 'check', 'churn/2', '--to', 'production');
    expect(waiting).toMatchObject({ code: 1, stderr: expect.stringContaining('would wait for 1 approval,') });
    expect(await run(place, 'check', 'churn/2', '--to', 'production', '--allow-waiting')).toMatchObject({ code: 0 });
    expect(await run(place, 'check', 'churn/1', '--to', 'staging')).toMatchObject({ code: 0 });
    expect(await run(place, 'check', 'churn/1', '--alias', 'champion')).toMatchObject({ code: 0 });
    expect(await run(place, 'check', 'churn/1')).toMatchObject({ code: 2 });
    const machine = await run(place, 'check', 'churn/1', '--to', 'production', '--json');
    expect(JSON.parse(machine.stdout)).toMatchObject({ outcome: 'refused', checks: expect.any(Array) });
  });

  it('what waits is listed, approved, rejected and cancelled', async () => {
    const asked = await run(place, 'promote', 'churn/2', 'production', '--reason', 'better', '--actor', 'ada');
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringMatching(/promotion \d+ .* waits: 0 of 1 approvals/) });
    const [line] = (await done(place, 'promotions', 'ls', '--mine', '--actor', 'bob', '--json')).trim().split('\n');
    const { id } = JSON.parse(line as string);
    expect(await done(place, 'promotions')).toMatch(new RegExp(`ID.*\\n *${id} +churn/2 +production +waiting +0/1`));
    expect(await run(place, 'promotions', 'approve', `${id}`, '--actor', 'ada')).toMatchObject({ code: 1 });
    expect(await run(place, 'promotions', 'reject', `${id}`)).toMatchObject({ code: 2 });
    const rejected = await jsonOf(place, 'promotions', 'reject', `${id}`, '--reason', 'not today', '--actor', 'bob');
    expect(rejected).toMatchObject({ state: 'rejected', closed: { by: 'bob', reason: 'not today' } });
    const again = await jsonOf(place, 'promote', 'churn/2', 'production', '--actor', 'ada');
    expect(await done(place, 'promotions', 'approve', `${again.id}`, '--actor', 'bob')).toContain(
      'churn/2 moved from draft to production',
    );
    expect(await done(place, 'promotions', 'show', `${again.id}`)).toContain('✓ metric');
    expect(await run(place, 'promotions', 'cancel', `${again.id}`)).toMatchObject({ code: 1 });
  });

  it('an approval that comes to a refusal ends with 1', async () => {
    await done(place, 'push', 'churn', 'config.json', '--metric', 'auc=0.97');
    const { id } = await jsonOf(place, 'promote', 'churn/3', 'production', '--actor', 'ada');
    const stricter = { statuses: { production: { ...RULE, checks: [{ check: 'has', fields: ['card'] }] } } };
    await writeFile(join(place.folder, 'stricter.json'), JSON.stringify(stricter));
    await done(place, 'policy', 'set', 'stricter.json', 'churn');
    const refused = await run(place, 'promotions', 'approve', `${id}`, '--actor', 'bob');
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('✗ has: it has no card') });
  });
});
