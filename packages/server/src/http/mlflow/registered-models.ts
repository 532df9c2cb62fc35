import type { FastifyReply } from 'fastify';
import type { ListedModel } from '../../registry/models/listed.ts';
import { isPrompt } from '../../registry/models/prompts.ts';
import { problemOfAlias } from '../../registry/names.ts';
import type { Registry } from '../../registry/registry.ts';
import { sendJson } from '../api/route.ts';
import { callerOf } from '../auth.ts';
import type { AddRoute } from './door.ts';
import type { Fields } from './fields.ts';
import { MlflowRefused, refuseParameter } from './refused.ts';
import {
  assertAliasForm,
  assertAliasFree,
  assertModelName,
  assertTag,
  assertTagKey,
  readDescription,
  readStage,
  readTags,
  readVersion,
} from './registry-fields.ts';
import { inMlflowWords, namingInMlflowWords, refuseWaiting } from './registry-refusals.ts';
import { readFilter, readOrder, readPage } from './registry-search.ts';
import { toMlflowList, toMlflowModel, toMlflowVersion } from './translate-registry.ts';

/** Why something goes to the trash that a client deletes: MLflow asks for no reason. */
export const DELETED = { reason: 'deleted through the MLflow API' };

/** `registered-models/*` of MLflow's REST API, over the registry's models. */
export function registeredModelRoutes(route: AddRoute, registry: Registry): void {
  const { models, rows } = registry;

  async function sendModel(reply: FastifyReply, row: ListedModel): Promise<string> {
    const latest = await rows.newest(row.id);
    return sendJson(reply, `{"registered_model":${toMlflowModel(row, latest)}}`);
  }

  route('POST', '/registered-models/create', async (fields, request, reply) => {
    const name = fields.required('name');
    const description = readDescription(fields);
    fields.objects('tags');
    assertModelName(name);
    const tags = readTags(fields);
    await namingInMlflowWords(registry, name, isPrompt(tags), () =>
      models.register(callerOf(request), { name, description, tags }),
    );
    return sendModel(reply, await rows.model(name));
  });

  route('GET', '/registered-models/get', async (fields, _request, reply) => {
    const name = readName(fields);
    return sendModel(reply, await inMlflowWords({ model: name }, () => rows.listedModel(name)));
  });

  route('POST', '/registered-models/rename', async (fields, request, reply) => {
    const name = fields.required('name');
    const to = fields.required('new_name');
    assertModelName(to, 'new_name');
    assertModelName(name);
    await namingInMlflowWords(registry, to, undefined, () =>
      inMlflowWords({ model: name }, () => models.rename(callerOf(request), name, to)),
    );
    return sendModel(reply, await rows.model(to));
  });

  route('PATCH', '/registered-models/update', async (fields, request, reply) => {
    const name = fields.required('name');
    const description = readDescription(fields);
    assertModelName(name);
    await inMlflowWords({ model: name }, () => models.describe(callerOf(request), name, { description }));
    return sendModel(reply, await rows.model(name));
  });

  route('DELETE', '/registered-models/delete', async (fields, request) => {
    const name = readName(fields);
    await inMlflowWords({ model: name }, () => models.deregister(callerOf(request), name, DELETED));
    return {};
  });

  route('GET', '/registered-models/search', async (fields, _request, reply) => {
    const page = readPage(fields, 100, 1_000);
    const filter = readFilter(fields.text('filter'), 'model');
    const sort = readOrder(fields.texts('order_by'), 'model', filter);
    const found = await rows.models({ ...page, filter, sort, door: 'MLflow models' });
    const latest = await rows.latest(found.items.map(({ id }) => id));
    const items = found.items.map((row) => toMlflowModel(row, latest.get(row.id) ?? []));
    return sendJson(reply, toMlflowList('registered_models', items, found.next_page_token));
  });

  route(['POST', 'GET'], '/registered-models/get-latest-versions', async (fields, _request, reply) => {
    const name = fields.required('name');
    const stages = fields.texts('stages');
    assertModelName(name);
    const newest = await inMlflowWords({ model: name }, () => rows.newestOfNamed(name));
    const statuses = stages.map(readStage);
    const latest = stages.length === 0 ? newest : newest.filter(({ status }) => statuses.includes(status));
    return sendJson(
      reply,
      toMlflowList(
        'model_versions',
        latest.map((version) => toMlflowVersion(version, name)),
      ),
    );
  });

  route('POST', '/registered-models/set-tag', async (fields, request) => {
    const name = fields.required('name');
    const key = fields.required('key');
    const value = fields.text('value') ?? '';
    assertModelName(name);
    assertTag(key, value);
    await inMlflowWords({ model: name }, () => models.tag(callerOf(request), name, key, value));
    return {};
  });

  route('DELETE', '/registered-models/delete-tag', async (fields, request) => {
    const name = fields.required('name');
    const key = fields.required('key');
    assertModelName(name);
    assertTagKey(key);
    await inMlflowWords({ model: name }, () => models.tag(callerOf(request), name, key, null));
    return {};
  });

  route('POST', '/registered-models/alias', async (fields, request) => {
    const { name, alias } = readAlias(fields);
    const text = fields.required('version');
    assertModelName(name);
    assertAliasForm(alias);
    assertAliasFree(alias);
    const version = readVersion(text);
    await inMlflowWords({ model: name, version }, async () => {
      const set = await models.setAlias(callerOf(request), name, alias, String(version), { keepsTime: true });
      if (set.waiting) refuseWaiting(request, set.waiting);
    });
    return {};
  });

  route('GET', '/registered-models/alias', async (fields, _request, reply) => {
    const { name, alias } = readAlias(fields);
    assertModelName(name);
    assertAliasForm(alias);
    const row = await inMlflowWords({ model: name }, () => findByAlias(registry, name, alias));
    return sendJson(reply, `{"model_version":${toMlflowVersion(row, name)}}`);
  });

  route('DELETE', '/registered-models/alias', async (fields, request) => {
    const { name, alias } = readAlias(fields);
    assertModelName(name);
    assertAliasForm(alias);
    await inMlflowWords({ model: name }, () =>
      models.removeAlias(callerOf(request), name, alias, { keepsTime: true, ifThere: true }),
    );
    return {};
  });
}

function readName(fields: Fields): string {
  const name = fields.required('name');
  assertModelName(name);
  return name;
}

function readAlias(fields: Fields): { name: string; alias: string } {
  return { name: fields.required('name'), alias: fields.required('alias') };
}

/** `latest` is the highest version, whatever its letters' case; what cannot be an alias is none. */
async function findByAlias({ rows }: Registry, name: string, alias: string) {
  if (alias.toLowerCase() === 'latest') {
    const { latest_version } = await rows.model(name);
    if (latest_version !== null) return rows.listedVersion(name, String(latest_version));
    throw new MlflowRefused('RESOURCE_DOES_NOT_EXIST', `Latest version not found for model ${name}.`);
  }
  if (problemOfAlias(alias) === undefined) return rows.listedVersion(name, `@${alias}`);
  await rows.model(name);
  return refuseParameter(`Registered model alias ${alias} not found.`);
}
