import type { FastifyReply } from 'fastify';
import type { Version } from '../../contract/version.ts';
import { isPrompt } from '../../registry/models/prompts.ts';
import type { Registry } from '../../registry/registry.ts';
import { type ListedVersion, listedOf, type SourcedVersion } from '../../registry/versions/listed.ts';
import { sendJson } from '../api/route.ts';
import { callerOf } from '../auth.ts';
import type { AddRoute } from './door.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';
import { DELETED } from './registered-models.ts';
import {
  assertModelName,
  assertTag,
  assertTagKey,
  readDescription,
  readStage,
  readTags,
  readVersion,
} from './registry-fields.ts';
import { inMlflowWords, refuseWaiting } from './registry-refusals.ts';
import { readFilter, readOrder, readPage } from './registry-search.ts';
import { readPromptSource, readSource } from './source-uri.ts';
import { toDownloadUri, toMlflowList, toMlflowVersion } from './translate-registry.ts';

/** `model-versions/*` of MLflow's REST API, over the registry's versions. */
export function modelVersionRoutes(route: AddRoute, registry: Registry): void {
  const { versions, rows } = registry;
  const sendChanged = async (reply: FastifyReply, version: Version) => {
    const { model, number } = version;
    return sendVersion(reply, listedOf(version) ?? (await rows.version(model, String(number))), model);
  };

  route('POST', '/model-versions/create', async (fields, request, reply) => {
    const name = fields.required('name');
    const uri = fields.required('source');
    const [run_id, model_id, run_link] = [fields.text('run_id'), fields.text('model_id'), fields.text('run_link')];
    const description = readDescription(fields);
    const tags = readTags(fields);
    const origin = isPrompt(tags) ? readPromptSource(uri) : readSource(uri);
    assertModelName(name);
    const asked = { uri, origin, run_id, model_id, run_link, description, tags };
    const version = await inMlflowWords({ model: name }, () => versions.pin(callerOf(request), name, asked));
    return sendChanged(reply, version);
  });

  route('GET', '/model-versions/get', async (fields, _request, reply) => {
    const { name, version } = readPlace(fields);
    const row = await inMlflowWords({ model: name, version }, () => rows.listedVersion(name, String(version)));
    return sendVersion(reply, row, name);
  });

  route('PATCH', '/model-versions/update', async (fields, request, reply) => {
    const { name, version } = readPlace(fields);
    const description = readDescription(fields);
    const ref = String(version);
    return inMlflowWords({ model: name, version }, async () =>
      sendChanged(reply, await versions.describe(callerOf(request), name, ref, { description })),
    );
  });

  route('POST', '/model-versions/transition-stage', async (fields, request, reply) => {
    const { name, version, stage } = { ...readPlace(fields), stage: fields.required('stage') };
    const archiveOthers = fields.flag('archive_existing_versions') ?? false;
    const to = readStage(stage);
    if (archiveOthers && to !== 'staging' && to !== 'production')
      refuseParameter(
        `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
      );
    const ref = String(version);
    return inMlflowWords({ model: name, version }, async () => {
      const promotion = await versions.promote(callerOf(request), name, ref, { to, archiveOthers });
      if (promotion.state === 'waiting') refuseWaiting(request, promotion);
      return promotion.version
        ? sendChanged(reply, promotion.version)
        : sendVersion(reply, await rows.version(name, ref), name);
    });
  });

  route('DELETE', '/model-versions/delete', async (fields, request) => {
    const { name, version } = readPlace(fields);
    await inMlflowWords({ model: name, version }, () =>
      versions.deregister(callerOf(request), name, String(version), DELETED),
    );
    return {};
  });

  route('GET', '/model-versions/search', async (fields, _request, reply) => {
    const page = readPage(fields, 200_000, 200_000);
    const filter = readFilter(fields.text('filter'), 'version');
    const sort = readOrder(fields.texts('order_by'), 'version', filter);
    const found = await rows.versions({ ...page, filter, sort, door: 'MLflow versions' });
    const items = found.items.map((row) => toMlflowVersion(row, row.model));
    return sendJson(reply, toMlflowList('model_versions', items, found.next_page_token));
  });

  route('GET', '/model-versions/get-download-uri', async (fields, _request, reply) => {
    const { name, version } = readPlace(fields);
    const place = await inMlflowWords({ model: name, version }, () => rows.place(name, String(version)));
    return sendJson(reply, `{"artifact_uri":${toDownloadUri(place)}}`);
  });

  route('POST', '/model-versions/set-tag', async (fields, request) => {
    const { name, version, key } = { ...readPlace(fields), key: fields.required('key') };
    const value = fields.text('value') ?? '';
    assertTag(key, value);
    await inMlflowWords({ model: name, version }, () =>
      versions.tag(callerOf(request), name, String(version), key, value),
    );
    return {};
  });

  route('DELETE', '/model-versions/delete-tag', async (fields, request) => {
    const { name, version, key } = { ...readPlace(fields), key: fields.required('key') };
    assertTagKey(key);
    await inMlflowWords({ model: name, version }, () =>
      versions.tag(callerOf(request), name, String(version), key, null),
    );
    return {};
  });
}

function readPlace(fields: Fields): { name: string; version: number } {
  const name = fields.required('name');
  const text = fields.required('version');
  assertModelName(name);
  return { name, version: readVersion(text) };
}

function sendVersion(reply: FastifyReply, row: ListedVersion | SourcedVersion, name: string): string {
  return sendJson(reply, `{"model_version":${toMlflowVersion(row, name)}}`);
}
