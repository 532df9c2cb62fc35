import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { leafHash } from '../../src/events/merkle.ts';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { ada, type Opened, useRegistry } from '../support/open-registry.ts';
import {
  type Change,
  type Files,
  failing,
  fetchPack,
  forge,
  readPack,
  timeOf,
  verified,
  writePack,
} from '../support/packs.ts';

const CARD = '---\nlicense: apache-2.0\n---\n# Who will leave\n';

/** A version with something in every file of its pack. */
async function aPack(at: Opened): Promise<Buffer> {
  const { name } = await make.model(at, { tags: { team: 'growth' } });
  const artifacts = { 'model.pkl': 'a pickle', 'requirements.txt': 'scikit-learn==1.9.1\n' };
  const made = { model: name, card: CARD, artifacts, metrics: { auc: 0.93 }, lineage: { git_commit: 'c0ffee' } };
  const first = await make.version(at, { model: name, status: 'production' });
  await at.put('/policies/default', { statuses: { production: { approvals: 1 } } });
  await make.version(at, { ...made, sealed: true, aliases: ['champion'] });
  for (const auc of [0.91, 0.94]) {
    const slices = [{ slice: 'country=DE', n: 10, metrics: { auc } }];
    const dataset = { name: 'holdout', digest: 'sha256:1' };
    await at.registry.evidence.evaluations.record(ada, name, '2', { dataset, metrics: { auc }, slices, n: 100 });
  }
  const ask = (path: string, actor: string, body: object) => at.post(path, body, { 'x-assayer-actor': actor });
  const asked = await ask(`/models/${name}/versions/2/promotions`, 'ada', { to: 'production', reason: 'better' });
  await ask(`/promotions/${asked.json.id}/approve`, 'grace', { reason: 'fine' });
  await at.put('/policies/default', {});
  const again = await ask(`/models/${name}/versions/2/promotions`, 'ada', { to: 'archived', reason: 'worn out' });
  if (again.status !== 200) throw new Error(again.text);
  await make.version(at, { model: first.model });
  return fetchPack(at, name, 2);
}

describe('a pack that was damaged or forged', () => {
  const at = useRegistry(databases.sqlite);
  const other = useRegistry(databases.sqlite);
  let pack: Buffer;
  let files: Files;
  let key: string;
  beforeAll(async () => {
    pack = await aPack(at);
    files = await readPack(pack);
    key = at.ledger.vkey;
  });

  const text = (name: string) => String(files.get(name));
  const changed = (name: string, how: (text: string) => string) => (all: Files) => {
    const before = String(all.get(name));
    const after = how(before);
    if (after === before) throw new Error(`nothing changed in ${name}`);
    all.set(name, Buffer.from(after));
  };
  /** Lines of events.jsonl or of a list, changed. */
  const lines = (how: (lines: string[]) => string[]) => (before: string) =>
    `${how(before.trimEnd().split('\n')).join('\n')}\n`;

  it('verifies as it is, with and without what is known from elsewhere', async () => {
    expect(await failing(pack)).toEqual([]);
    expect(await failing(pack, { key, checkpoint: await at.ledger.checkpoint() })).toEqual([]);
    expect((await verified(pack)).notes).toEqual([expect.stringContaining("The key is the pack's own")]);
    expect((await verified(pack, { key })).notes).toEqual([]);
    expect(await failing(await writePack(files, timeOf(files)))).toEqual([]);
  });

  it('is found whichever byte was changed', async () => {
    const everywhere = [...files.values()].flatMap((bytes) => {
      const from = pack.indexOf(bytes);
      return [from, from + (bytes.length >> 1), from + bytes.length - 1, from + bytes.length];
    });
    const positions = new Set([...everywhere, 0, pack.length - 1]);
    const random = fc.sample(fc.nat(pack.length - 1), { numRuns: 150, seed: 1 });
    for (const position of [...positions, ...random]) {
      const damaged = Buffer.from(pack);
      damaged[position]! ^= 1 << (position % 8);
      expect(await failing(damaged), `byte ${position}`).not.toEqual([]);
    }
  }, 120_000);

  it('is found wherever it was cut, and whatever stands before or behind it', async () => {
    for (let length = 0; length < pack.length; length += 997)
      expect(await failing(pack.subarray(0, length))).toEqual(['archive']);
    expect(await failing(pack.subarray(0, -1))).toEqual(['archive']);
    expect(await failing(pack.subarray(1))).toEqual(['archive']);
    expect(await failing(Buffer.concat([pack, Buffer.of(0)]))).toEqual(['archive']);
    expect(await failing(Buffer.concat([Buffer.of(0), pack]))).toEqual(['archive']);
  });

  it.each([...Array(18).keys()])('is found where file %i was altered, dropped, or stands elsewhere', async (i) => {
    const name = [...files.keys()][i]!;
    const at = timeOf(files);
    const altered = new Map(files).set(name, Buffer.concat([files.get(name)!, Buffer.from(' ')]));
    expect(await failing(await writePack(altered, at)), name).not.toEqual([]);
    const dropped = [...files].filter(([other]) => other !== name);
    const failed = await failing(await writePack(dropped, at));
    expect(failed[0], name).toBe(name === 'manifest.json' ? 'manifest' : 'contents');
    expect(await failing(await writePack([...dropped, [name, files.get(name)!]], at)), name).toEqual(
      name === 'signature.txt' ? [] : ['contents'],
    );
  });

  it('is found where a file was added, or is there twice', async () => {
    const more = new Map(files).set('notes.txt', Buffer.from('trust me'));
    expect(await failing(await writePack(more, timeOf(files)))).toEqual(['contents']);
    const twice: [string, Buffer][] = [...files, ['version.json', Buffer.from('{}')]];
    expect(await failing(await writePack(twice, timeOf(files)))).toEqual(['archive']);
    const outside: [string, Buffer][] = [...files, ['../evil', Buffer.from('x')]];
    expect(await failing(await writePack(outside, timeOf(files)))).toEqual(['archive']);
  });

  it('is found where it has other times than its manifest says', async () => {
    expect(await failing(await writePack(files, new Date(0)))).toEqual(['bytes']);
  });

  it('is not unpacked where it is a bomb', async () => {
    const body = deflateRawSync(Buffer.alloc(50 * 2 ** 20));
    const bomb = compressed('version.json', body, 50 * 2 ** 20);
    const { checks } = await verified(bomb);
    expect(checks).toEqual([
      { check: 'archive', outcome: 'failed', detail: expect.stringContaining('is compressed, which a pack is not') },
    ]);
  });

  it('is found by the signature where a manifest was made anew', async () => {
    const forged = await forge(
      files,
      changed('model.json', (json) => json.replace('growth', 'nobody')),
      { keepsKey: true },
    );
    expect(await failing(forged)).toEqual(['signature']);
    expect(await failing(forged, { key })).toEqual(['signature']);
  });

  it('is found by the key alone where all was signed anew, as whoever gives none is told', async () => {
    const forged = await forge(
      files,
      changed('model.json', (json) => json.replace('growth', 'nobody')),
    );
    const alone = await verified(forged);
    expect(alone.ok).toBe(true);
    expect(alone.notes[0]).toContain("The key is the pack's own");
    expect(await failing(forged, { key })).toEqual(['key', 'signature', 'checkpoint']);
    expect(await failing(forged, { checkpoint: await at.ledger.checkpoint() })).toEqual(['kept checkpoint']);
  });

  it('is found where it is of another ledger', async () => {
    const foreign = await aPack(other);
    expect(await failing(foreign)).toEqual([]);
    expect(await failing(foreign, { key })).toEqual(['key', 'signature', 'checkpoint']);
    expect(await failing(foreign, { checkpoint: await at.ledger.checkpoint() })).toEqual(['kept checkpoint']);
    const swapped = new Map(files).set('checkpoint.txt', Buffer.from(await other.ledger.checkpoint()));
    expect(await failing(await writePack(swapped, timeOf(files)))).toContain('checkpoint');
  });

  it('is held against a checkpoint of the same ledger that was kept earlier, as far as that goes', async () => {
    const later = await (async () => {
      await make.model(at);
      return at.ledger.checkpoint();
    })();
    const { ok, notes } = await verified(pack, { key, checkpoint: later });
    expect(ok).toBe(true);
    expect(notes).toEqual([expect.stringContaining('The checkpoint that was kept is of')]);
  });

  // What the forger changed, and the checks that see it although all is signed anew.
  const FORGERIES: Record<string, [change: Change, failing: string[]]> = {
    'an event was edited': [
      changed('events.jsonl', (all) => all.replace('"reason":"better"', '"reason":"worse!"')),
      ['events', 'proofs', 'promotions.json', 'page'],
    ],
    'an event was edited, and what is made from it': [
      (all) => {
        for (const name of ['events.jsonl', 'promotions.json', 'index.html'])
          changed(name, (one) => one.replaceAll('worn out', 'fine now'))(all);
      },
      ['proofs'],
    ],
    'an event was edited, and its leaf': [
      (all) => {
        const before = String(all.get('events.jsonl'))
          .split('\n')
          .find((line) => line.includes('worn out'))!;
        const after = before.replace('worn out', 'fine now');
        const base64 = (line: string) => Buffer.from(leafHash(line)).toString('base64');
        changed('proofs.json', (one) => one.replace(base64(before), base64(after)))(all);
        for (const name of ['events.jsonl', 'promotions.json', 'index.html'])
          changed(name, (one) => one.replaceAll('worn out', 'fine now'))(all);
      },
      ['proofs'],
    ],
    'the last event was dropped': [
      (all) => {
        changed(
          'events.jsonl',
          lines((all) => all.slice(0, -1)),
        )(all);
        changed(
          'proofs.json',
          lines((all) => [...all.slice(0, -3), all.at(-3)!.replace(/,$/, ''), ']']),
        )(all);
      },
      ['events', 'promotions.json', 'version', 'page', 'bill of materials'],
    ],
    'an event that changed the version was dropped': [
      changed(
        'events.jsonl',
        lines((all) => all.filter((line) => !line.includes('"version.sealed"'))),
      ),
      ['events', 'proofs', 'version', 'documents', 'artifacts', 'page', 'bill of materials'],
    ],
    'two events were swapped': [
      changed(
        'events.jsonl',
        lines(([first, second, ...rest]) => [second!, first!, ...rest]),
      ),
      ['events', 'proofs', 'page'],
    ],
    'an event is there twice': [
      changed(
        'events.jsonl',
        lines((all) => [...all, all.at(-1)!]),
      ),
      ['events', 'proofs', 'promotions.json', 'page'],
    ],
    'proofs were swapped': [
      changed(
        'proofs.json',
        lines(([open, first, second, ...rest]) => [open!, second!, first!, ...rest]),
      ),
      ['proofs'],
    ],
    'a proof is of another event': [
      changed(
        'proofs.json',
        lines((all) => {
          const [first, second] = [all[1]!, all[2]!].map((line) => JSON.parse(line.replace(/,$/, '')));
          return all.with(1, `${JSON.stringify({ ...first, proof: second.proof })},`);
        }),
      ),
      ['proofs'],
    ],
    'a proof is one too many': [
      changed(
        'proofs.json',
        lines((all) => [all[0]!, all[1]!, ...all.slice(1)]),
      ),
      ['proofs'],
    ],
    'the version is told otherwise': [
      changed('version.json', (one) => one.replace('"status": "archived"', '"status": "staging"')),
      ['version'],
    ],
    'an evaluation is told otherwise': [
      changed('evaluations.json', (one) => one.replace('"auc":0.94', '"auc":0.99')),
      ['evaluations.json'],
    ],
    'an evaluation is left out': [
      changed(
        'evaluations.json',
        lines((all) => [all[0]!, all[2]!, all[3]!]),
      ),
      ['evaluations.json'],
    ],
    'a check is told otherwise': [
      changed('promotions.json', (one) => one.replace('"outcome":"passed"', '"outcome":"failed"')),
      ['promotions.json'],
    ],
    'a policy is told otherwise': [
      changed('policy.json', (one) => one.replace('"approvals":1', '"approvals":0')),
      ['policy.json'],
    ],
    'a policy was left out that a step was judged by': [
      (all, manifest) => {
        const at = (line: string) => line.includes('"policy.changed"');
        const seq = JSON.parse(String(all.get('events.jsonl')).split('\n').find(at)!).seq;
        changed(
          'events.jsonl',
          lines((all) => all.toSpliced(all.findIndex(at), 1)),
        )(all);
        changed(
          'proofs.json',
          lines((all) => all.filter((line) => !line.startsWith(`{"seq":${seq},`))),
        )(all);
        changed(
          'policy.json',
          lines((all) => all.toSpliced(1, 1)),
        )(all);
        manifest.events.besides -= 1;
      },
      ['policy.json', 'page'],
    ],
    'an artifact is another': [
      changed('artifacts.json', (one) => one.replace('"model.pkl"', '"model.bin"')),
      ['artifacts', 'page', 'bill of materials'],
    ],
    'the manifest of the artifacts is another': [
      changed('artifact-manifest.json', (one) => one.replace('"size":8', '"size":9')),
      ['artifacts'],
    ],
    'there is no manifest of the artifacts': [(all) => all.delete('artifact-manifest.json'), ['artifacts']],
    'the card is another': [changed('card.md', (one) => one.replace('leave', 'stay!')), ['documents']],
    'the metrics are others': [changed('metrics.json', (one) => one.replace('0.93', '0.99')), ['documents']],
    'a metric is said to be linked': [
      changed('metrics.json', (one) => one.replace('"linked": []', '"linked": [{"name":"f1","value":1}]')),
      ['documents', 'page'],
    ],
    'the lineage is another': [changed('lineage.json', (one) => one.replace('c0ffee', 'decade')), ['documents']],
    'the page says something else': [
      changed('index.html', (one) => one.replace('Status archived', 'Status staging')),
      ['page'],
    ],
    'the bill of materials says something else': [
      changed('bom.cdx.json', (one) => one.replace('Apache-2.0', 'MIT')),
      ['bill of materials'],
    ],
    'the proofs are no list': [changed('proofs.json', () => '[\n{\n'), ['proofs']],
    'a proof is none': [changed('proofs.json', (one) => one.replace('"proof"', '"prove"')), ['proofs']],
    'a list is no list': [changed('evaluations.json', () => '{}\n'), ['evaluations.json']],
    'the model cannot be read': [changed('model.json', () => '{'), ['documents', 'page']],
  };
  it.each(Object.keys(FORGERIES))('is found where %s', async (what) => {
    const [change, expected] = FORGERIES[what]!;
    expect(await failing(await forge(files, change))).toEqual(expected);
  });

  it('is found where the key is not given in its form', async () => {
    const forged = await forge(files, (all) => all.set('vkey.txt', Buffer.from('no key\n')));
    expect(await failing(forged)).toEqual(['signature', 'checkpoint']);
    expect(text('vkey.txt').trim()).toBe(key);
  });

  it('says so where it is of a newer format', async () => {
    const newer = new Map(files).set('manifest.json', Buffer.from('{"format": 2}'));
    const { checks } = await verified(await writePack(newer, timeOf(files)));
    expect(checks.at(-1)).toEqual({
      check: 'manifest',
      outcome: 'failed',
      detail: 'the pack is of format 2, which a newer Assayer reads',
    });
  });
});

/** A ZIP of one member that is deflated. */
function compressed(name: string, body: Buffer, size: number): Buffer {
  const fields = (at: Buffer, from: number) => {
    at.writeUInt16LE(8, from);
    at.writeUInt32LE(0, from + 6);
    at.writeUInt32LE(body.length, from + 10);
    at.writeUInt32LE(size, from + 14);
    at.writeUInt16LE(name.length, from + 18);
  };
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50);
  fields(local, 8);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50);
  fields(central, 10);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + body.length, 16);
  return Buffer.concat([local, Buffer.from(name), body, central, Buffer.from(name), end]);
}
