import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** As PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface Authority {
  /** Its own certificate, as PEM. */
  cert: string;
  /** Signs a certificate for these names or IPv4 addresses; valid for this day unless it is said otherwise. */
  issue(names: readonly string[], validity?: { from?: Date; until?: Date }): Certificate;
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = der(0x30, oid('2a8648ce3d040302'));
const IS_AUTHORITY = extension('551d13', true, der(0x30, der(0x01, Buffer.of(0xff))));

/** An authority that nobody trusts yet: a key, and a certificate that it signed for itself (X.509 v3, RFC 5280). */
export function newAuthority(name = 'Authority of the tests'): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certify = (
    subject: string,
    key: KeyObject,
    extensions: Buffer,
    { from, until }: { from?: Date; until?: Date },
  ) => {
    const body = der(
      0x30,
      der(0xa0, der(0x02, Buffer.of(2))),
      der(0x02, Buffer.concat([Buffer.of(1), randomBytes(15)])),
      ECDSA_SHA256,
      nameOf(name),
      der(0x30, timeOf(from ?? new Date(Date.now() - DAY_MS)), timeOf(until ?? new Date(Date.now() + DAY_MS))),
      nameOf(subject),
      key.export({ type: 'spki', format: 'der' }),
      der(0xa3, der(0x30, extensions)),
    );
    const signature = sign('sha256', body, privateKey);
    return pemOf(der(0x30, body, ECDSA_SHA256, der(0x03, Buffer.of(0), signature)));
  };
  return {
    cert: certify(name, publicKey, IS_AUTHORITY, {}),
    issue(names, validity = {}) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const altNames = extension('551d11', false, der(0x30, ...names.map(altName)));
      return {
        cert: certify(names[0] ?? '', own.publicKey, altNames, validity),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
}

/** A value of ASN.1 with its tag and length (DER). */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), value]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der(0x30, oid(id), ...(critical ? [der(0x01, Buffer.of(0xff))] : []), der(0x04, value));
}

function altName(name: string): Buffer {
  return isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
}

function nameOf(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function timeOf(at: Date): Buffer {
  return der(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, '')));
}

function pemOf(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
