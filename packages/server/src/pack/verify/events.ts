import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Event } from '../../contract/event.ts';
import { verifyInclusion } from '../../events/merkle.ts';
import { readEntry, toHex } from '../../events/verify-line.ts';
import type { PackManifest } from '../format.ts';
import { byteLines, itemsOf, Unreadable } from '../items.ts';
import type { Story } from '../story.ts';
import { DEFAULT_POLICY, itemFor, TOLD_NAMES, type ToldName } from '../told.ts';
import type { Archive } from './archive.ts';
import type { Findings } from './findings.ts';

const Proof = Type.Object(
  { seq: Type.Integer(), leaf: Type.String(), proof: Type.Array(Type.String(), { maxItems: 64 }) },
  { additionalProperties: false },
);

/** What an event is proved against. */
export interface Tree {
  size: number;
  root: Uint8Array;
}

/**
 * Reads the events once, beside their proofs and the files that are made from them, and takes them into the story: each
 * is in the tree, and each item of these files is what an event says.
 */
export async function verifyEvents(
  findings: Findings,
  archive: Archive,
  manifest: PackManifest,
  tree: Tree,
  story: Story,
): Promise<void> {
  const proofs = reading('proofs.json', archive);
  const told = TOLD_NAMES.map((name) => ({ name, next: reading(name, archive), wrong: [] as string[] }));
  const unproved: string[] = [];
  const policies = new Set<string>();
  const unruled: string[] = [];
  let count = 0;

  const passed = `${manifest.events.of_version} of the version and ${manifest.events.besides} besides, in order, none missing between`;
  await findings.check('events', passed, async (fail) => {
    let last: { seq: number; hex: string | undefined } = { seq: 0, hex: undefined };
    for await (const line of byteLines(archive.chunks('events.jsonl'))) {
      count += 1;
      const entry = readEntry(line);
      const { seq, hex, hash, prev, fault } = entry;
      if (fault !== undefined || hash === undefined) {
        fail(`line ${count} ${fault}`);
        continue;
      }
      if (seq <= last.seq) fail(`event ${seq} stands after event ${last.seq}`);
      if (seq === last.seq + 1 && last.hex !== undefined && prev !== last.hex)
        fail(`event ${seq} does not follow event ${last.seq}: one of them was edited`);
      last = { seq, hex };
      const event = JSON.parse(line.toString()) as Event;
      if (!concerns(event, manifest)) fail(`event ${seq} is not about the version`);
      story.add(event);
      if (event.type === 'policy.changed') policies.add(policyOf(event));
      const rule = ruleOf(event);
      if (rule !== undefined && !policies.has(rule))
        unruled.push(`event ${seq} was judged by ${rule}, which is missing`);
      const trouble = await proofs().then(
        (proof) => unprovedBy(proof, seq, hash, tree),
        (error) => `the proof of event ${seq} cannot be read: the file ${(error as Error).message}`,
      );
      if (trouble !== undefined) unproved.push(trouble);
      for (const { name, next, wrong } of told) {
        const item = itemFor(name, event);
        if (item !== undefined && item !== (await next().catch(() => undefined)))
          wrong.push(`it does not say what event ${seq} says`);
      }
    }
    for (const seq of story.gaps)
      fail(`what event ${seq} changed was not so before it: an event of the version is missing`);
    const { of_version, besides } = manifest.events;
    if (story.own !== of_version || count !== of_version + besides)
      fail(
        `${story.own} are of the version and ${count - story.own} besides; the manifest says ${of_version} and ${besides}`,
      );
  });

  await findings.check('proofs', `each event is in the tree of ${tree.size} events`, async (fail) => {
    unproved.forEach(fail);
    if ((await proofs()) !== undefined) fail('there are more proofs than events');
  });
  for (const { name, next, wrong } of told)
    await findings.check(name, 'it says what the events say', async (fail) => {
      wrong.forEach(fail);
      if ((await next()) !== undefined) fail('it says more than the events');
      if (name === 'policy.json' && manifest.events.all_policies) unruled.forEach(fail);
    });
}

/** Which policy an event put in force. */
function policyOf({ subject, details = {} }: Event): string {
  return nameOf(subject === DEFAULT_POLICY ? 'default' : 'model', (details.policy as { version: unknown }).version);
}

/** Which one it was judged by, where somebody had set it. */
function ruleOf({ type, details = {} }: Event): string | undefined {
  const { of, version } = (details.policy ?? {}) as { of?: unknown; version?: unknown };
  return type !== 'policy.changed' && (of === 'default' || of === 'model') && version ? nameOf(of, version) : undefined;
}

const nameOf = (of: 'default' | 'model', version: unknown) =>
  of === 'default' ? `version ${version} of the default policy` : `version ${version} of the model's policy`;

/** Whether an event has a place in the pack of this version. */
function concerns({ type, subject, changes }: Event, { of }: PackManifest): boolean {
  const own = changes.some(({ model_id, number }) => model_id === of.model_id && number === of.number);
  const models = changes.some(({ model_id, number }) => model_id === of.model_id && number === 0);
  if (type === 'policy.changed') return models || subject === DEFAULT_POLICY;
  return own || (models && (type === 'model.registered' || type === 'model.renamed'));
}

/** Why an event is not proved; undefined where it is. */
function unprovedBy(text: string | undefined, seq: number, leaf: Uint8Array, tree: Tree): string | undefined {
  if (text === undefined) return `event ${seq} has no proof`;
  const told = readProof(text);
  if (!told) return `the proof of event ${seq} cannot be read`;
  if (told.seq !== seq) return `the proof in the place of event ${seq} is of event ${told.seq}`;
  if (told.leaf !== Buffer.from(leaf).toString('base64'))
    return `event ${seq} is not the one that was proved: it was edited`;
  const proof = told.proof.map((one) => Buffer.from(one, 'base64'));
  const holds = verifyInclusion({ leaf, index: seq - 1, size: tree.size, proof, root: tree.root });
  return holds ? undefined : `event ${seq} (leaf ${toHex(leaf).slice(0, 12)}…) is not in the tree of the checkpoint`;
}

function readProof(text: string): Static<typeof Proof> | undefined {
  try {
    const told: unknown = JSON.parse(text);
    return Value.Check(Proof, told) ? told : undefined;
  } catch {
    return undefined;
  }
}

/** Answers the items of a file one by one, then undefined. */
function reading(name: ToldName | 'proofs.json', archive: Archive): () => Promise<string | undefined> {
  if (!archive.has(name))
    return async () => {
      throw new Unreadable('is not there');
    };
  const items = itemsOf(archive.chunks(name));
  return async () => {
    const { done, value } = await items.next();
    return done ? undefined : value;
  };
}
