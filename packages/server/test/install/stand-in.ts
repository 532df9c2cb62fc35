import { copyFile, cp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached, done, npmOf } from './tools.ts';

/**
 * The context of an image that stands in for `node:24-bookworm-slim` where no registry of images can be reached: a minimal
 * Debian, the Node.js of this process, npm, and a user 1000. Making it needs root and debootstrap; it is kept in `.cache`.
 */
export const standIn = (): Promise<string> =>
  cached(`stand-in-${process.versions.node}`, async (folder) => {
    const root = join(folder, 'rootfs');
    await done('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root]);
    await done('tar', ['--numeric-owner', '-C', root, '--exclude=./dev', '-cf', join(folder, 'rootfs.tar'), '.']);
    await rm(root, { recursive: true });
    await copyFile(process.execPath, join(folder, 'node'));
    await cp(dirname(dirname(await npmOf('11'))), join(folder, 'npm'), { recursive: true });
    const authorities = process.env.NODE_EXTRA_CA_CERTS;
    if (authorities) await copyFile(authorities, join(folder, 'authorities.pem'));
    await writeFile(join(folder, 'Dockerfile'), dockerfile(authorities !== undefined));
  });

/** Where this machine trusts further certificate authorities, a build inside of it has to as well. */
const dockerfile = (trusts: boolean) => `FROM scratch
ADD rootfs.tar /
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
${trusts ? 'COPY authorities.pem /etc/ssl/authorities.pem\nENV NODE_EXTRA_CA_CERTS=/etc/ssl/authorities.pem' : ''}
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --uid 1000 --create-home node
`;
