import { type Static, Type } from 'typebox';

/** Grows when a pack can no longer be verified by what verified the ones before. */
export const FORMAT = 1;

/** Every file that a pack may have, in the order in which they stand in it. */
export const FILES = [
  'version.json',
  'model.json',
  'card.md',
  'lineage.json',
  'metrics.json',
  'artifact-manifest.json',
  'artifacts.json',
  'evaluations.json',
  'promotions.json',
  'policy.json',
  'events.jsonl',
  'proofs.json',
  'checkpoint.txt',
  'vkey.txt',
  'bom.cdx.json',
  'index.html',
] as const;
export type FileName = (typeof FILES)[number];

/** What the others have no say in: the list of them, and the signature below it. They stand last, as they are made last. */
export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'signature.txt';

/** Where a version has more than this, the pack tells in its manifest what it leaves out. */
export interface Bounds {
  /** Events of the version: the newest are packed. */
  readonly events: number;
  /** Edits of policies. */
  readonly policies: number;
  /** Of each list on the page. The files hold all. */
  readonly shown: number;
  /** Files of the version that the bill of materials lists. */
  readonly components: number;
}
export const BOUNDS: Bounds = { events: 200_000, policies: 1_000, shown: 200, components: 1_000 };

const Count = Type.Integer({ minimum: 0 });
const Hex = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** Whoever verifies holds so many of each. */
const Shown = Type.Integer({ minimum: 0, maximum: 10_000 });
const strict = { additionalProperties: false };

export const PackManifest = Type.Object(
  {
    format: Type.Literal(FORMAT),
    assayer: Type.String(),
    of: Type.Object(
      {
        model: Type.String(),
        model_id: Count,
        number: Type.Integer({ minimum: 1 }),
        digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
        artifact_count: Count,
        size_bytes: Count,
      },
      strict,
    ),
    ledger: Type.Object(
      {
        origin: Type.String(),
        size: Count,
        root: Type.String(),
        /** The time of the last event of that size, which every file of the archive bears. */
        as_of: Type.String(),
      },
      strict,
    ),
    events: Type.Object(
      {
        /** Of the version, and besides those that named its model and set the policies that were in force. */
        of_version: Count,
        besides: Count,
        complete: Type.Boolean(),
        /** Whether all policies that were in force at a step are among them. */
        all_policies: Type.Boolean(),
      },
      strict,
    ),
    bounds: Type.Object({ events: Count, policies: Count, shown: Shown, components: Shown }, strict),
    /** In words. */
    left_out: Type.Array(Type.String()),
    files: Type.Array(Type.Object({ name: Type.Enum([...FILES]), size: Count, sha256: Hex }, strict), {
      maxItems: FILES.length,
    }),
  },
  strict,
);
export type PackManifest = Static<typeof PackManifest>;

/** What the ledger's key signs of a manifest: with it every file of the pack is what the server gave. */
export function signedText(origin: string, sha256: string): string {
  return `Assayer evidence pack ${FORMAT}\n${origin}\nsha256:${sha256}\n`;
}

/** Documents of a pack, all in one form, so that whoever has the same facts writes the same bytes. */
export function toText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
