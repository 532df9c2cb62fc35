import type { FastifyRequest } from 'fastify';
import type { Promotion } from '../../contract/promotion.ts';
import { refusing } from '../../registry/lifecycle/rules.ts';
import { isPrompt } from '../../registry/models/prompts.ts';
import { type Refusals, Refused } from '../../registry/refusals.ts';
import type { Registry } from '../../registry/registry.ts';
import { MlflowRefused } from './refused.ts';

/** What a call is about, as its messages name it. */
export interface About {
  model: string;
  version?: number | undefined;
}

/**
 * Says the registry's refusals in MLflow's sentences, which other code matches on; what ours say besides, such as where
 * a model went, follows them. A call about a version does not tell whether it is the model that is missing.
 */
export async function inMlflowWords<T>(about: About, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Refused ? (translated(error, about) ?? error) : error;
  }
}

function translated(error: Refused, { model, version }: About): MlflowRefused | undefined {
  if (is(error, 'model-not-found') || is(error, 'version-not-found')) {
    const says = version === undefined ? sayingOf(error) : versionNotFound(model, version);
    const knows = error.members.deregistered !== undefined || 'renamed_to' in error.members;
    return new MlflowRefused('RESOURCE_DOES_NOT_EXIST', knows ? `${says}. ${error.message}` : says);
  }
  if (is(error, 'alias-not-found'))
    return new MlflowRefused('INVALID_PARAMETER_VALUE', `Registered model alias ${error.members.alias} not found.`);
  if (is(error, 'check-failed'))
    return new MlflowRefused('INVALID_PARAMETER_VALUE', failedChecks(error, model, version));
  if (is(error, 'in-production')) {
    const numbers = error.members.versions.join(', ');
    return new MlflowRefused(
      'INVALID_PARAMETER_VALUE',
      `Version ${numbers} of ${error.members.model} is in stage Production, and what is in production is not deleted. Transition it to stage Archived first.`,
    );
  }
  return undefined;
}

/** Every failed check, and what to do about it. What is asked through this API cannot be forced: that takes a reason. */
function failedChecks({ members }: Refused<'check-failed'>, model: string, version: number | undefined): string {
  const { to, checks, can_force } = members;
  const at = `/api/v1/models/${encodeURIComponent(model)}`;
  const told = refusing(checks).map(({ check, detail, remedy }) => `${check}: ${detail}; ${remedy}`);
  const force = to.startsWith('@')
    ? `PUT ${at}/aliases/${encodeURIComponent(to.slice(1))} {"version": ${version}, "force": true, "reason": "…"}`
    : `POST ${at}/versions/${version}/promotions {"to": "${to}", "force": true, "reason": "…"}`;
  if (can_force) told.push(`To override this with a reason: ${force}`);
  const cannot = to.startsWith('@') ? `become ${to}` : `be moved to ${to}`;
  return `Model Version (name=${model}, version=${version}) cannot ${cannot}. ${told.join('. ')}.`;
}

/**
 * What was asked for is kept, and waits for approvals: to the client that is an error, and one that it does not repeat. A
 * check that failed has another code, so that a program can tell the two apart.
 */
export function refuseWaiting({ protocol, headers }: FastifyRequest, promotion: Promotion): never {
  const { id, model, number, to, alias, approvals_needed, approvals, by, expires_at } = promotion;
  const left = approvals_needed - approvals.length;
  const url = `${protocol}://${headers.host}/api/v1/promotions/${id}`;
  const what = alias === null ? `is moved to ${to}` : `becomes @${alias}`;
  throw new MlflowRefused(
    'RESOURCE_CONFLICT',
    `Model Version (name=${model}, version=${number}) waits for ${left} ${left === 1 ? 'approval' : 'approvals'} before it ${what}: see ${url}. Anyone but ${by} approves it with POST ${url}/approve until ${expires_at}; it need not be asked for again.`,
  );
}

function is<K extends keyof Refusals>(error: Refused, kind: K): error is Refused<K> {
  return error.kind === kind;
}

function sayingOf(error: Refused<'model-not-found'> | Refused<'version-not-found'>): string {
  if (is(error, 'model-not-found')) return `Registered Model with name=${error.members.model} not found`;
  const { model, ref } = error.members as Refusals['version-not-found'];
  return /^\d+$/.test(ref) ? versionNotFound(model, Number(ref)) : error.message;
}

function versionNotFound(name: string, version: number): string {
  return `Model Version (name=${name}, version=${version}) not found`;
}

/** The same where a name is given: it is taken by a model or by a prompt (`mlflow/prompt/registry_utils.py`). */
export async function namingInMlflowWords<T>(
  { rows }: Pick<Registry, 'rows'>,
  name: string,
  isForPrompt: boolean | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused) || !is(error, 'name-taken')) throw error;
    const holder = await rows.model(error.members.model).catch(() => undefined);
    const isPromptNow = holder !== undefined && isPrompt(JSON.parse(holder.tags));
    const [taken, asked] = [isPromptNow, isForPrompt ?? isPromptNow].map((yes) =>
      yes ? 'prompt' : 'registered model',
    );
    const alike = error.members.model === name ? '' : ` ${error.message}`;
    throw new MlflowRefused(
      'RESOURCE_ALREADY_EXISTS',
      taken === asked
        ? `${isPromptNow ? 'Prompt' : 'Registered Model'} (name=${name}) already exists.${alike}`
        : `Tried to create a ${asked} with name '${name}', but the name is already taken by a ${taken}. MLflow does not allow creating a model and a prompt with the same name.`,
    );
  }
}
