import { parseCheckpoint, verifyCheckpoint, verifyNote } from '../../events/checkpoint.ts';
import { equalHashes } from '../../events/merkle.ts';
import { type PackManifest, SIGNATURE, signedText } from '../format.ts';
import { Unreadable } from '../items.ts';
import type { Archive } from './archive.ts';
import type { Tree } from './events.ts';
import type { Findings } from './findings.ts';

/** What is held against a pack, had from elsewhere. */
export interface Known {
  /** The ledger's verifier key. */
  key?: string | undefined;
  /** A checkpoint of the ledger that was kept. */
  checkpoint?: string | undefined;
}

/** Verifies who signed what. Answers the key that it was held against, and the tree that the checkpoint tells of. */
export async function verifySignatures(
  findings: Findings,
  archive: Archive,
  manifest: PackManifest,
  manifestSha256: string,
  known: Known,
): Promise<{ key: string; tree: Tree }> {
  const own = await ownKey(archive);
  const key = known.key ?? own;
  if (known.key !== undefined)
    await findings.check('key', 'the ledger is the one that was expected', (fail) => {
      if (own !== known.key) fail(`the pack is of the ledger with the key ${own}`);
    });
  else
    findings.notes.push(
      known.checkpoint === undefined
        ? `The key is the pack's own (${own}): whoever made the pack may have made it, too. Give the ledger's with --key.`
        : `The key is the pack's own (${own}): it is held against the checkpoint alone that you gave.`,
    );

  await findings.check('signature', `the manifest was signed by ${manifest.ledger.origin}`, async (fail) => {
    const note = verifyNote(await archive.text(SIGNATURE), key);
    if (!note.ok) fail(note.detail);
    else if (note.body !== signedText(manifest.ledger.origin, manifestSha256))
      fail('what was signed is another manifest than that of the pack');
  });

  const { size } = manifest.ledger;
  const tree: Tree = { size, root: Buffer.from(manifest.ledger.root, 'base64') };
  await findings.check('checkpoint', `of ${size} events, signed by ${manifest.ledger.origin}`, async (fail) => {
    const checkpoint = verifyCheckpoint(await archive.text('checkpoint.txt'), key);
    if (!checkpoint.ok) return fail(checkpoint.detail);
    const { origin, root } = checkpoint;
    tree.size = checkpoint.size;
    tree.root = root;
    if (origin !== manifest.ledger.origin) fail(`it is of the ledger ${origin}`);
    if (checkpoint.size !== size || Buffer.from(root).toString('base64') !== manifest.ledger.root)
      fail('it is of another tree than the manifest says');
  });
  if (known.checkpoint !== undefined) await holdAgainst(findings, known.checkpoint, key, tree);
  return { key, tree };
}

/** None where it cannot be read: then no signature holds. */
async function ownKey(archive: Archive): Promise<string> {
  try {
    return (await archive.text('vkey.txt')).trim();
  } catch (error) {
    if (error instanceof Unreadable) return '';
    throw error;
  }
}

/** A checkpoint that was kept must be by the same key, and of the same tree where it is of the same size. */
async function holdAgainst(findings: Findings, kept: string, key: string, tree: Tree): Promise<void> {
  const read = parseCheckpoint(kept);
  const size = read.ok ? read.size : 0;
  const isSame = size === tree.size;
  const passed = isSame
    ? 'the tree is the one of the checkpoint that was kept'
    : 'the same key signed the checkpoint that was kept';
  await findings.check('kept checkpoint', passed, (fail) => {
    const verified = verifyCheckpoint(kept, key);
    if (!verified.ok) fail(verified.detail);
    else if (isSame && !equalHashes(verified.root, tree.root))
      fail(`of ${size} events too, and another root: the history was rewritten`);
  });
  if (!isSame)
    findings.notes.push(
      `The checkpoint that was kept is of ${size} events, the pack's of ${tree.size}: that one goes on from the other is for ` +
        '"assayer ledger verify --checkpoint" to show, with the server.',
    );
}
