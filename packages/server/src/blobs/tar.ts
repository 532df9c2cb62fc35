/** The headers of a POSIX tar (ustar; pax where a name is long or not ASCII), byte for byte as tar-stream makes them. */
export interface TarMember {
  path: string;
  size: number;
  mtime: Date;
}

const BLOCK = 512;
const LATEST_SECOND = 0x7fffffff;
const FILE = '0';
const PAX = 'x';

/** Stands at the end. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

/** Bytes that stand before a member's content. */
export function tarHeader(member: TarMember): Buffer {
  const plain = split(member.path);
  if (plain) return block(plain, member, FILE);
  const pax = Buffer.from(record(` path=${member.path}\n`));
  const name = { name: 'PaxHeader', prefix: '' };
  return Buffer.concat([
    block(name, { ...member, size: pax.length }, PAX),
    pax,
    tarPadding(pax.length),
    block(name, member, FILE),
  ]);
}

/** Bytes that fill the last block of so many. */
export function tarPadding(size: number): Buffer {
  return TAR_END.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

/** The two fields of a name; none where it does not fit. */
function split(path: string): { name: string; prefix: string } | undefined {
  if (/[^\0-\x7f]/.test(path)) return undefined;
  let cut = 0;
  while (path.length - cut > 100) {
    const slash = path.indexOf('/', cut);
    if (slash === -1) return undefined;
    cut = slash + 1;
  }
  const prefix = path.slice(0, Math.max(cut - 1, 0));
  return prefix.length > 155 ? undefined : { name: path.slice(cut), prefix };
}

function block({ name, prefix }: { name: string; prefix: string }, { size, mtime }: TarMember, type: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  const seconds = Math.min(Math.max(Math.floor(mtime.getTime() / 1000), 0), LATEST_SECOND);
  header.write(name, 0);
  header.write(octal(0o644, 6), 100);
  header.write(octal(0, 6), 108); // owner
  header.write(octal(0, 6), 116); // group
  writeSize(header, size);
  header.write(octal(seconds, 11), 136);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write(octal(0, 6), 329); // device
  header.write(octal(0, 6), 337);
  header.write(prefix, 345);
  // The sum takes its own field for spaces.
  const sum = header.reduce((total, byte) => total + byte, 8 * 0x20);
  header.write(octal(sum, 6), 148);
  return header;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')} `;
}

/** 8 GiB and more do not fit in octal digits: binary, as GNU tar does and Python reads. */
function writeSize(header: Buffer, size: number): void {
  if (size < 8 ** 11) {
    header.write(octal(size, 11), 124);
  } else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
}

/** A pax record begins with its own length, whose digits count too. */
function record(text: string): string {
  const length = Buffer.byteLength(text);
  let digits = String(length).length;
  if (String(length + digits).length > digits) digits += 1;
  return `${length + digits}${text}`;
}
