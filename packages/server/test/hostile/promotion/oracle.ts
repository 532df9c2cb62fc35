import type { Event } from '../../../src/contract/event.ts';
import type { NewPolicy, PolicyCheck } from '../../../src/contract/policy.ts';

/**
 * Judges a ledger by the rules as docs/policies.md has them, and shares no code with what is judged: state is put together
 * from the events alone, and every check is written anew, as plainly as can be.
 */
export class Oracle {
  readonly models = new Map<number, Model>();
  readonly #policies = new Map<string, NewPolicy>();
  readonly #directions = new Map<string, string | null>();
  readonly #asked = new Map<number, Asked>();
  readonly #single: readonly string[];
  /** How often each thing happened that a run has to meet. */
  readonly met: Record<string, number> = {};

  constructor(single: readonly string[], directions: Record<string, string | null>) {
    this.#single = single;
    for (const [metric, direction] of Object.entries(directions)) this.#directions.set(metric, direction);
  }

  /** What is wrong with an event, seen from the state before it; then it is part of the state. */
  take(event: Event): string[] {
    const wrong = this.#judge(event);
    this.#apply(event);
    return [...wrong, ...this.#afterwards(event)].map(
      (why) => `event ${event.seq} ${event.type} ${event.subject}: ${why}`,
    );
  }

  #judge(event: Event): string[] {
    const details = (event.details ?? {}) as Details;
    const wrong: string[] = [];
    for (const change of event.changes) {
      const before = this.models.get(change.model_id)?.versions.get(change.number);
      const to = change.number > 0 ? (change.after.status as string | undefined) : undefined;
      if (to === undefined || change.before === null) continue;
      if (!before) wrong.push(`a version nobody created moves to ${to}`);
      const isRestored = event.type === 'version.restored' && to === 'archived';
      if (!MOVES.includes(event.type) && !isRestored) wrong.push(`moves to ${to}`);
    }
    if (event.type !== 'alias.set' && event.changes.some(givesAlias)) wrong.push('gives an alias');
    if (MOVES.includes(event.type) || event.type === 'alias.set') wrong.push(...this.#judgeMove(event, details));
    if (event.type === 'promotion.approved') wrong.push(...this.#judgeApproval(event, details));
    return wrong;
  }

  #judgeMove(event: Event, details: Details): string[] {
    const { model_id } = event.changes[0]!;
    const model = this.models.get(model_id)!;
    const version = model.versions.get(Number(event.subject.split('/').at(-1)))!;
    const isAlias = event.type === 'alias.set';
    const target = isAlias ? `@${details.alias}` : (details.to as string);
    const found = this.#ruleOf(model_id, target);
    if (isAlias && !found) return [];
    const rule = found?.rule ?? {};
    const wrong: string[] = [];
    const isForced = details.forced === true;
    const mayForce = !found || rule.force === true;
    const floor: string[] = [];
    if (target !== 'draft' && version.doc.state !== 'sealed') wrong.push('is not sealed');
    if (LIVE.includes(target) && version.doc.verdict === 'unsafe') floor.push('is unsafe');
    const live = this.#liveOf(model, version, target, event);
    const failing = (rule.checks ?? []).filter((check) => !this.#passes(check, version, live, event));
    const enforced = rule.mode === 'warn' ? [] : failing.map(({ check }) => check);
    if (enforced.includes('sealed')) wrong.push('is not sealed, as its rule asks');
    for (const check of failing) this.#count(`failed ${check.check}`);
    if (isForced) {
      this.#count('forced');
      if (event.reason === undefined) wrong.push('is forced without a reason');
      if (!mayForce && rule.mode !== 'warn') wrong.push('is forced, which its rule does not allow');
      if (!mayForce && this.#approvalsNeeded(rule, event) > 0) wrong.push('is forced past approvals');
    } else if (floor.length + enforced.length > 0) wrong.push(`fails ${[...floor, ...enforced].join(', ')}`);
    if (!isForced) wrong.push(...this.#judgeApprovals(event, details, this.#approvalsNeeded(rule, event)));
    return wrong;
  }

  #approvalsNeeded(rule: Rule, event: Event): number {
    return event.type === 'version.rolled-back' && rule.rollback !== 'approvals' ? 0 : (rule.approvals ?? 0);
  }

  #judgeApprovals(event: Event, details: Details, needed: number): string[] {
    const asked = this.#asked.get(details.promotion as number);
    if (asked && asked.state !== 'waiting') return [`promotion ${details.promotion} is ${asked.state} already`];
    if (asked && asked.expires_at <= Date.parse(event.at)) return ['has expired'];
    if (needed === 0) return [];
    this.#count('approved');
    if (!asked) return ['needs approvals, and nobody asked for any'];
    const approvers = new Set(asked.approvals);
    if (approvers.size !== asked.approvals.length) return ['is approved twice by one'];
    if (approvers.has(asked.by)) return ['is approved by who asked for it'];
    return approvers.size >= needed ? [] : [`has ${approvers.size} of ${needed} approvals`];
  }

  #judgeApproval(event: Event, details: Details): string[] {
    const asked = this.#asked.get(details.promotion as number);
    if (!asked) return ['approves what nobody asked for'];
    if (asked.state !== 'waiting') return [`approves what is ${asked.state}`];
    if (asked.by === event.actor) return ['is of who asked for it'];
    return asked.approvals.includes(event.actor) ? ['is of one who has approved already'] : [];
  }

  /**
   * The version promoted last to the status, be it there or not, or the one that the alias names or named last. What a rollback takes
   * away is no measure: where there ever was one, what is told of the checks is believed.
   */
  #liveOf(model: Model, version: Version, target: string, event: Event): Version | undefined {
    if (target.startsWith('@')) {
      const number = model.doc.aliases[target.slice(1)];
      if (number !== undefined) return model.versions.get(number);
      const named = model.named.filter((one) => one.alias === target && one.version !== version);
      return named.sort((a, b) => a.promotion - b.promotion).at(-1)?.version;
    }
    const there = [...model.versions.values()]
      .filter(({ doc }) => doc.status === target && doc.deregistered === null)
      .sort((a, b) => b.since - a.since || b.number - a.number);
    if (event.type === 'version.rolled-back') return there.slice(1).find((one) => one !== version);
    if (!LIVE.includes(target)) return there.find((one) => one !== version);
    if (model.rolledBack.has(target)) return undefined;
    return model.stays.findLast((one) => one.status === target && one.version !== version)?.version;
  }

  #passes(check: PolicyCheck, version: Version, live: Version | undefined, event: Event): boolean {
    const { doc } = version;
    switch (check.check) {
      case 'sealed':
        return doc.state === 'sealed';
      case 'verdict':
        return VERDICTS.indexOf(doc.verdict) <= VERDICTS.indexOf(check.not_worse_than);
      case 'has':
        return check.fields.every((field) => isThere(doc, field));
      case 'metric': {
        const value = this.#value(version, check.metric, check.dataset);
        if (value === undefined || Number.isNaN(value)) return false;
        if (check.comparator === '>') return value > check.value;
        if (check.comparator === '>=') return value >= check.value;
        return check.comparator === '<' ? value < check.value : value <= check.value;
      }
      case 'evaluated_on': {
        const last = newestOn(version, check.dataset);
        const age = last && Date.parse(event.at) - Math.min(Date.parse(last.at), Date.parse(last.recorded_at));
        return age !== undefined && age <= (check.within_days ?? Number.POSITIVE_INFINITY) * 86_400_000;
      }
      case 'signature_compatible': // of the signatures that are used, none can stand for another
        return (
          !live || live.doc.signature === null || JSON.stringify(live.doc.signature) === JSON.stringify(doc.signature)
        );
      case 'not_worse_than_live': {
        if (!live) return true;
        const direction = check.direction ?? this.#directions.get(check.metric);
        if (!direction) return false;
        const digest = check.dataset && newestOn(version, check.dataset)?.dataset.digest;
        const mine = this.#value(version, check.metric, check.dataset);
        const theirs = this.#value(live, check.metric, check.dataset && { ...check.dataset, digest });
        if (mine === undefined || theirs === undefined) return false;
        const worse = direction === 'higher' ? theirs - mine : mine - theirs;
        return worse <= (check.tolerance ?? 0) + 1e-9;
      }
    }
  }

  #value(version: Version, metric: string, dataset: Dataset | undefined): number | undefined {
    const value = (dataset ? newestOn(version, dataset)?.metrics : version.doc.metrics)?.[metric];
    return value === undefined ? undefined : Number(value);
  }

  #ruleOf(model_id: number, target: string): { rule: Rule } | undefined {
    for (const of of [`model ${model_id}`, 'default']) {
      const { statuses, aliases } = this.#policies.get(of) ?? {};
      const rule = target.startsWith('@') ? aliases?.[target.slice(1)] : statuses?.[target as 'draft'];
      if (rule) return { rule };
    }
    return undefined;
  }

  #afterwards(event: Event): string[] {
    if (!MOVES.includes(event.type)) return [];
    const { to } = event.details as Details;
    const model_id = event.changes[0]!.model_id;
    const isSingle =
      (this.#ruleOf(model_id, to as string)?.rule as Rule)?.single ?? this.#single.includes(to as string);
    if (!isSingle) return [];
    const versions = [...this.models.get(model_id)!.versions.values()];
    const there = versions.filter(({ doc }) => doc.status === to && doc.deregistered === null);
    this.#count('single');
    return there.length === 1 ? [] : [`leaves ${there.length} versions in ${to}, which is for one`];
  }

  #apply(event: Event): void {
    const details = (event.details ?? {}) as Details;
    this.#count(event.type);
    for (const change of event.changes) this.#change(change, event.seq);
    const id = details.promotion as number;
    const asked = this.#asked.get(id);
    if (event.type === 'version.rolled-back')
      this.models.get(event.changes[0]!.model_id)!.rolledBack.add(details.to as string);
    if (event.type === 'alias.set' && id !== undefined) {
      const { named, versions } = this.models.get(event.changes[0]!.model_id)!;
      const version = versions.get(Number(event.subject.split('/').at(-1)))!;
      named.push({ version, alias: `@${details.alias}`, promotion: id });
    }
    if (event.type === 'policy.changed') {
      const { version: _, ...doc } = details.policy as NewPolicy & { version: number };
      this.#policies.set(event.changes[0] ? `model ${event.changes[0].model_id}` : 'default', doc);
    } else if (event.type === 'metric-definition.changed') {
      const { name, direction } = details.definition as { name: string; direction: string | null };
      this.#directions.set(name, direction);
    } else if (event.type === 'evaluation.recorded') {
      const { model_id, number } = event.changes.find((change) => change.number > 0)!;
      this.models
        .get(model_id)!
        .versions.get(number)!
        .evaluations.push(details.evaluation as Evaluation);
    } else if (event.type === 'promotion.requested')
      this.#asked.set(id, {
        by: event.actor,
        approvals: [],
        state: 'waiting',
        expires_at: Date.parse(details.expires_at as string),
      });
    else if (event.type === 'promotion.approved') asked?.approvals.push(event.actor);
    else if (asked) asked.state = event.type;
  }

  #change(change: Event['changes'][number], seq: number): void {
    const { model_id, number, before, after } = change;
    if (number === 0) {
      const model = this.models.get(model_id) ?? {
        doc: {} as ModelDoc,
        versions: new Map(),
        stays: [],
        named: [],
        rolledBack: new Set(),
      };
      this.models.set(model_id, model);
      merge(model.doc, after, before === null);
      return;
    }
    const { versions, stays } = this.models.get(model_id)!;
    const version = versions.get(number) ?? { number, doc: {} as VersionDoc, since: seq, evaluations: [] };
    versions.set(number, version);
    if ('status' in after) {
      version.since = seq;
      if (LIVE.includes(after.status as string)) stays.push({ version, status: after.status as string });
    }
    merge(version.doc, after, before === null);
  }

  #count(what: string): void {
    this.met[what] = (this.met[what] ?? 0) + 1;
  }
}

type Details = Record<string, unknown>;
type Rule = NonNullable<NonNullable<NewPolicy['statuses']>['production']>;
type Dataset = { name: string; digest?: string | undefined };

interface Evaluation {
  dataset: { name: string; digest: string };
  metrics: Record<string, number | string>;
  version_digest: string | null;
  at: string;
  recorded_at: string;
}

interface VersionDoc {
  status: string;
  state: string;
  verdict: string;
  digest: string | null;
  card: string | null;
  signature: object | null;
  properties: Record<string, unknown>;
  tags: Record<string, string>;
  metrics: Record<string, number | string>;
  deregistered: object | null;
}

interface Version {
  number: number;
  doc: VersionDoc;
  /** The event that brought it into its status. */
  since: number;
  evaluations: Evaluation[];
}

interface ModelDoc {
  aliases: Record<string, number>;
}

interface Model {
  doc: ModelDoc;
  versions: Map<number, Version>;
  /** Each time that a version came into a live status, in order. */
  stays: { version: Version; status: string }[];
  /** What promotions put under aliases. */
  named: { version: Version; alias: string; promotion: number }[];
  /** Statuses in which something was rolled back. */
  rolledBack: Set<string>;
}

interface Asked {
  by: string;
  approvals: string[];
  state: string;
  expires_at: number;
}

const LIVE = ['staging', 'production'];
const MOVES: string[] = ['version.promoted', 'version.rolled-back'];
const VERDICTS = ['clean', 'unknown', 'suspicious', 'malformed', 'unsafe'];
const MAPS = ['tags', 'properties', 'aliases', 'metrics'];

/** Maps are changed key by key, and null takes a key away; all else is replaced. */
function merge(doc: object, after: Record<string, unknown>, isNew: boolean): void {
  const to = doc as Record<string, unknown>;
  for (const [key, value] of Object.entries(after)) {
    if (isNew || !MAPS.includes(key) || Array.isArray(value)) {
      to[key] = structuredClone(value);
      continue;
    }
    const map = to[key] as Record<string, unknown>;
    for (const [name, one] of Object.entries(value as object))
      if (one === null) delete map[name];
      else map[name] = one;
  }
}

function givesAlias({ number, before, after }: Event['changes'][number]): boolean {
  if (number > 0 || !before || !after.aliases) return false;
  return Object.values(after.aliases as object).some((one) => one !== null);
}

/** Of the fields that are asked for: a card, a tag, a property. */
function isThere(doc: VersionDoc, field: string): boolean {
  const [first, key] = field.split('.') as [string, string];
  const value = key === undefined ? doc[first as 'card'] : (doc[first as 'tags'] as Record<string, unknown>)[key];
  return value !== undefined && value !== null && value !== '';
}

function newestOn({ doc, evaluations }: Version, { name, digest }: Dataset): Evaluation | undefined {
  const of = evaluations.filter(({ dataset }) => dataset.name === name && (!digest || dataset.digest === digest));
  const newest = of.at(-1);
  return newest && newest.version_digest !== null && newest.version_digest === doc.digest ? newest : undefined;
}
