import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import type { Hash } from './merkle.ts';

/** What a checkpoint says: the ledger `origin` had `size` events, and this was its Merkle root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

export interface NoteSignature {
  readonly name: string;
  /** The key id: 8 hex digits. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface ParsedCheckpoint extends Checkpoint {
  readonly ok: true;
  /** What is signed: everything up to the blank line. */
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** `unsigned`: no signature by the given key. `signature`: one that claims to be by that key, and is not. */
export interface CheckpointFailure {
  readonly ok: false;
  readonly kind: 'malformed' | 'key' | 'unsigned' | 'signature';
  readonly detail: string;
}

/** Holds a private key; it prints as an opaque object. `vkey` is the public half, to be handed to anyone. */
export interface Signer {
  readonly name: string;
  readonly keyId: string;
  readonly vkey: string;
  readonly privateKey: KeyObject;
}

// RFC 8410: what precedes the 32 bytes of an Ed25519 public key in a SubjectPublicKeyInfo.
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const ED25519 = 0x01;
const BLANK_LINE = '\n\n';
const DASH = '— ';
const MAX_SIGNATURES = 100;

export function newSigner(name: string): Signer {
  return toSigner(name, generateKeyPairSync('ed25519').privateKey);
}

/** `privateKey` is PKCS #8, as PEM or as the base64 of its DER. */
export function openSigner({ name, privateKey }: { name: string; privateKey: string }): Signer {
  const key = privateKey.includes('-----BEGIN')
    ? createPrivateKey(privateKey)
    : createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the signing key of the ledger is not an Ed25519 key');
  return toSigner(name, key);
}

/** PKCS #8 PEM, to be kept secret; `openSigner` reads it back. */
export function exportPrivateKey(signer: Signer): string {
  return signer.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** A C2SP tlog-checkpoint in a C2SP signed note. The origin should be the signer's name. */
export function signCheckpoint(signer: Signer, { origin, size, root }: Checkpoint): string {
  const text = toNote(signer, `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`);
  const parsed = parseCheckpoint(text);
  if (!parsed.ok) throw new Error(`not a checkpoint that could be read back: ${parsed.detail}`);
  return text;
}

/** Signs another text than a checkpoint with the same key. No reader can take it for one. `body` ends with a newline. */
export function signNote(signer: Signer, body: string): string {
  const text = toNote(signer, body);
  if (parseCheckpoint(text).ok || !parseNote(text).ok) throw new Error('such a text is not signed');
  return text;
}

/** A C2SP signed note. */
function toNote(signer: Signer, body: string): string {
  const signature = Buffer.concat([Buffer.from(signer.keyId, 'hex'), sign(null, Buffer.from(body), signer.privateKey)]);
  return `${body}\n${DASH}${signer.name} ${signature.toString('base64')}\n`;
}

/** Reads a checkpoint without trusting it. Extension lines and signatures by others are allowed, as C2SP asks. */
export function parseCheckpoint(text: string): ParsedCheckpoint | CheckpointFailure {
  const note = parseNote(text);
  if (!note.ok) return note;
  const { body, signatures } = note;
  const [origin, size, root, ...extensions] = body.slice(0, -1).split('\n');
  if (!origin) return malformed('no origin');
  if (!size || !/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(Number(size))) return malformed('no tree size');
  const rootBytes = fromBase64(root);
  if (rootBytes?.length !== 32) return malformed('no root hash');
  if (extensions.includes('')) return malformed('an empty line');
  return { ok: true, body, origin, size: Number(size), root: rootBytes, signatures };
}

/** What is signed, up to the blank line, and by whom. */
function parseNote(text: string): { ok: true; body: string; signatures: readonly NoteSignature[] } | CheckpointFailure {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a note holds none but the newline
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text) || !text.isWellFormed()) return malformed('a control character');
  const split = text.lastIndexOf(BLANK_LINE);
  if (split < 0 || !text.endsWith('\n')) return malformed('no signatures after a blank line');
  const lines = text.slice(split + BLANK_LINE.length, -1).split('\n');
  const signatures = lines.slice(0, MAX_SIGNATURES).map(toSignature);
  if (lines.length > MAX_SIGNATURES || !signatures.every((one) => one !== undefined)) {
    return malformed('a line that is not a signature');
  }
  return { ok: true, body: text.slice(0, split + 1), signatures };
}

/** Verifies the signature by the key `vkey` (`name+id+base64`, as in golang.org/x/mod/sumdb/note). */
export function verifyCheckpoint(text: string, vkey: string): ({ ok: true } & Checkpoint) | CheckpointFailure {
  const signed = verifyNote(text, vkey);
  // A wrong key is told before a text that is no checkpoint, and this before a signature.
  if (!signed.ok && signed.kind === 'key') return signed;
  const note = parseCheckpoint(text);
  if (!note.ok) return note;
  return signed.ok ? { ok: true, origin: note.origin, size: note.size, root: note.root } : signed;
}

/** Verifies a note by a key, and answers what was signed. */
export function verifyNote(text: string, vkey: string): { ok: true; body: string } | CheckpointFailure {
  const key = parseVerifierKey(vkey);
  if (!key) return { ok: false, kind: 'key', detail: 'the verifier key is not of the form name+id+base64' };
  const note = parseNote(text);
  if (!note.ok) return note;
  const signed = note.signatures.find((one) => one.name === key.name && one.keyId === key.keyId);
  if (!signed) {
    const names = note.signatures.map((one) => `${one.name}+${one.keyId}`).join(', ');
    return { ok: false, kind: 'unsigned', detail: `not signed by ${key.name}+${key.keyId}, but by ${names}` };
  }
  if (!verify(null, Buffer.from(note.body), key.publicKey, signed.signature)) {
    return { ok: false, kind: 'signature', detail: `the signature of ${key.name}+${key.keyId} does not hold` };
  }
  return { ok: true, body: note.body };
}

function parseVerifierKey(vkey: string): { name: string; keyId: string; publicKey: KeyObject } | undefined {
  const [, name, keyId, base64] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/.exec(vkey) ?? [];
  const key = fromBase64(base64);
  if (!isName(name) || key?.length !== 33 || key[0] !== ED25519 || toKeyId(name, key) !== keyId) return undefined;
  const der = Buffer.concat([SPKI_HEAD, key.subarray(1)]);
  return { name, keyId, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

function toSigner(name: string, privateKey: KeyObject): Signer {
  if (!isName(name)) throw new Error(`a signer's name holds neither white space nor a plus: «${name}»`);
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const key = Buffer.concat([Buffer.of(ED25519), spki.subarray(SPKI_HEAD.length)]);
  const keyId = toKeyId(name, key);
  return { name, keyId, vkey: `${name}+${keyId}+${key.toString('base64')}`, privateKey };
}

/** C2SP signed-note, «Signatures»: the first four bytes of SHA-256(name || newline || type || key). */
function toKeyId(name: string, key: Uint8Array): string {
  return createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8);
}

function toSignature(line: string): NoteSignature | undefined {
  const [, name, base64] = /^— (\S+) (\S+)$/.exec(line) ?? [];
  const bytes = fromBase64(base64);
  if (!isName(name) || !bytes || bytes.length < 5) return undefined;
  return { name, keyId: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
}

function isName(name: string | undefined): name is string {
  return name !== undefined && /^[^\s+\u0085]+$/.test(name) && name.isWellFormed();
}

/** Strict: one text per value, so that no other spelling of a note passes. */
function fromBase64(text: string | undefined): Buffer | undefined {
  const bytes = Buffer.from(text ?? '', 'base64');
  return text && bytes.toString('base64') === text ? bytes : undefined;
}

function malformed(detail: string): CheckpointFailure {
  return { ok: false, kind: 'malformed', detail: `not a checkpoint: ${detail}` };
}
