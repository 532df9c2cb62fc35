import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Model, NewModel } from '../../src/contract/model.ts';
import type { NewVersion, Status, Version } from '../../src/contract/version.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { ada } from './open-registry.ts';

interface At {
  registry: Registry;
}

/** What a version is to be. `artifacts` is path to content; without any, a sealed version gets one file. */
export interface VersionMade extends NewVersion {
  model?: string;
  artifacts?: Record<string, string | Buffer>;
  sealed?: boolean;
  status?: Status;
  aliases?: string[];
}

let made = 0;
/** A name that no other test uses. */
export function aName(stem = 'model'): string {
  made += 1;
  return `${stem}-${made}-${randomBytes(3).toString('hex')}`;
}

/** Builders: each makes what it is asked for by the verbs of the registry, and nothing besides. */
export const make = {
  model: ({ registry }: At, asked: Partial<NewModel> = {}): Promise<Model> =>
    registry.models.register(ada, { name: aName(), ...asked }),

  artifact: async ({ registry }: At, model: string, number: number, path: string, content: string | Buffer = path) => {
    const body = Readable.from([Buffer.from(content)]);
    return (await registry.artifacts.upload(ada, { model, ref: String(number), path }, body, {})).artifact;
  },

  version: async (at: At, asked: VersionMade = {}): Promise<Version> => {
    const { model, artifacts, sealed, status, aliases = [], ...rest } = asked;
    const { registry } = at;
    const name = model ?? (await make.model(at)).name;
    const { number } = await registry.versions.create(ada, name, rest);
    const ref = String(number);
    const seal = sealed ?? (status !== undefined && status !== 'draft');
    const files = artifacts ?? (seal ? { 'model.bin': `version ${ref} of ${name}` } : {});
    for (const [path, content] of Object.entries(files)) await make.artifact(at, name, number, path, content);
    if (seal) await registry.versions.seal(ada, name, ref);
    if (status !== undefined && status !== 'draft')
      await registry.versions.promote(ada, name, ref, { to: status, force: true, reason: 'made so by a test' });
    for (const alias of aliases) await registry.models.setAlias(ada, name, alias, ref);
    return registry.versions.get(name, ref);
  },
};
