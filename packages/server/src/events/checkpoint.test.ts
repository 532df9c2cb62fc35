import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exportPrivateKey,
  newSigner,
  openSigner,
  parseCheckpoint,
  signCheckpoint,
  signNote,
  verifyCheckpoint,
  verifyNote,
} from './checkpoint.ts';

// golang.org/x/mod/sumdb/note v0.42.0: GenerateKey with the seed 00 01 … 1f, and Sign of the tree of tiles.test.ts.
const SEED = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const GO_VKEY = 'assayer.example/ledger+61f12dcf+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4';
const GO_ROOT = 'd13cee30f6c7d0ef94262d5b12a90344af52bf2e20b03d7b810cc56d8eda6209';
const GO_NOTE =
  'assayer.example/ledger\n300\n0TzuMPbH0O+UJi1bEqkDRK9Svy4gsD17gQzFbY7aYgk=\n\n— assayer.example/ledger YfEtzxGG0KuruliNkcOcEsnyRyaegDSVKKaugH0XXjFSBZO0v+Foq1KsS+g1/zEtJ1p76xfImd7zWQwS8iUtH1XkvwY=\n';
// A key of golang.org/x/mod/sumdb/note's own documentation.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

const name = 'assayer.example/ledger';
const root = Buffer.from(GO_ROOT, 'hex');
const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), SEED]).toString('base64');
const signer = openSigner({ name, privateKey: pkcs8 });
const resign = (body: string) => `${body}\n${GO_NOTE.slice(GO_NOTE.indexOf('—'))}`;

describe('checkpoints agree with golang.org/x/mod/sumdb/note', () => {
  it('in the verifier key, the key id and the bytes of a signed note', () => {
    expect(signer.vkey).toBe(GO_VKEY);
    expect(signer.keyId).toBe('61f12dcf');
    expect(signCheckpoint(signer, { origin: name, size: 300, root })).toBe(GO_NOTE);
  });

  it('in what verifies', () => {
    expect(verifyCheckpoint(GO_NOTE, GO_VKEY)).toEqual({ ok: true, origin: name, size: 300, root });
  });
});

describe('a signed checkpoint', () => {
  it('verifies with the key of a new signer, and after the key was stored and opened again', () => {
    const fresh = newSigner('assayer.test');
    const again = openSigner({ name: 'assayer.test', privateKey: exportPrivateKey(fresh) });
    expect(again.vkey).toBe(fresh.vkey);
    const text = signCheckpoint(again, { origin: 'any origin', size: 0, root });
    expect(verifyCheckpoint(text, fresh.vkey)).toMatchObject({ ok: true, origin: 'any origin', size: 0 });
  });

  it('does not verify after a change of any one byte', () => {
    fc.assert(
      fc.property(fc.nat({ max: GO_NOTE.length - 1 }), fc.integer({ min: 32, max: 126 }), (at, code) => {
        const edited = GO_NOTE.slice(0, at) + String.fromCharCode(code) + GO_NOTE.slice(at + 1);
        fc.pre(edited !== GO_NOTE);
        expect(verifyCheckpoint(edited, GO_VKEY).ok).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('may carry signatures of others, such as witnesses, and extension lines', () => {
    const witness = newSigner('witness.example');
    const theirs = signCheckpoint(witness, { origin: name, size: 300, root }).split('\n\n')[1]!;
    const both = `${GO_NOTE}${theirs}`;
    expect(parseCheckpoint(both)).toMatchObject({ ok: true, signatures: [{ name }, { name: 'witness.example' }] });
    expect(verifyCheckpoint(both, GO_VKEY).ok).toBe(true);
    expect(verifyCheckpoint(both, witness.vkey).ok).toBe(true);
    expect(parseCheckpoint(resign(`${name}\n1\n${root.toString('base64')}\nmore\n`))).toMatchObject({
      ok: true,
      size: 1,
    });
  });

  it('tells why it does not hold', () => {
    const tampered = GO_NOTE.replace('\n300\n', '\n301\n');
    expect(verifyCheckpoint(tampered, GO_VKEY)).toMatchObject({ ok: false, kind: 'signature' });
    expect(verifyCheckpoint(GO_NOTE, PETER)).toMatchObject({ ok: false, kind: 'unsigned' });
    expect(verifyCheckpoint(GO_NOTE, newSigner(name).vkey)).toMatchObject({ ok: false, kind: 'unsigned' });
    expect(verifyCheckpoint('hello', GO_VKEY)).toMatchObject({ ok: false, kind: 'malformed' });
  });

  it.each([
    ['another key id', GO_VKEY.replace('61f12dcf', '61f12dce')],
    ['another name', `x${GO_VKEY}`],
    ['another algorithm', GO_VKEY.replace('+AQ', '+Ag')],
    ['no name', GO_VKEY.slice(name.length)],
    ['nothing', ''],
  ])('is not verified with a key of %s', (_, vkey) => {
    expect(verifyCheckpoint(GO_NOTE, vkey)).toMatchObject({ ok: false, kind: 'key' });
  });
});

describe('another text that is signed with the same key', () => {
  const body = 'Some text\nof two lines\n';
  it('verifies, and is no checkpoint to anybody', () => {
    const note = signNote(signer, body);
    expect(verifyNote(note, GO_VKEY)).toEqual({ ok: true, body });
    expect(verifyCheckpoint(note, GO_VKEY)).toMatchObject({ ok: false, kind: 'malformed' });
    expect(verifyNote(note.replace('two', 'too'), GO_VKEY)).toMatchObject({ ok: false, kind: 'signature' });
    expect(verifyNote(note, PETER)).toMatchObject({ ok: false, kind: 'unsigned' });
  });

  it('is never one that reads as a checkpoint, nor one that would not be read back', () => {
    const asCheckpoint = GO_NOTE.split('\n\n')[0];
    for (const bad of [`${asCheckpoint}\n`, `${asCheckpoint}\nmore\n`, 'no newline', 'a\tb\n'])
      expect(() => signNote(signer, bad)).toThrow('such a text is not signed');
  });
});

describe('text that is no checkpoint is refused', () => {
  const base64 = root.toString('base64');
  it.each([
    ['no signature', `${name}\n300\n${base64}\n\n`],
    ['no newline at the end', GO_NOTE.slice(0, -1)],
    ['no origin', resign(`\n300\n${base64}\n`)],
    ['a leading zero', resign(`${name}\n0300\n${base64}\n`)],
    ['a negative size', resign(`${name}\n-1\n${base64}\n`)],
    ['a size beyond safe numbers', resign(`${name}\n9007199254740993\n${base64}\n`)],
    ['a short root', resign(`${name}\n300\n${base64.slice(4)}\n`)],
    ['a sloppy root', resign(`${name}\n300\n${base64.replace('gk=', 'gl=')}\n`)],
    ['no root', resign(`${name}\n300\n`)],
    ['carriage returns', GO_NOTE.replaceAll('\n', '\r\n')],
    ['an empty line', resign(`${name}\n300\n${base64}\n\nmore\n`)],
    ['a hyphen for the dash', GO_NOTE.replace('—', '-')],
    ['a plus in a name', GO_NOTE.replace('— assayer', '— assa+yer')],
    ['too many signatures', `${GO_NOTE.split('—')[0]}${`—${GO_NOTE.split('—')[1]}`.repeat(101)}`],
  ])('%s', (_, text) => {
    expect(parseCheckpoint(text)).toMatchObject({ ok: false, kind: 'malformed' });
  });

  it('and is never signed', () => {
    expect(() => signCheckpoint(signer, { origin: 'two\nlines', size: 1, root })).toThrow(/read back/);
    expect(() => signCheckpoint(signer, { origin: name, size: 1.5, root })).toThrow(/read back/);
    expect(() => newSigner('white space')).toThrow(/white space/);
    expect(() => newSigner('a+b')).toThrow(/plus/);
  });
});
