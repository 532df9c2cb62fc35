import type { Evaluation } from '../contract/evaluation.ts';
import type { Event } from '../contract/event.ts';
import type { Check } from '../contract/promotion.ts';
import type { Version } from '../contract/version.ts';
import type { Bounds } from './format.ts';
import { Growing } from './growing.ts';
import { Newest } from './newest.ts';
import { type Edit, type Step, TOLD } from './told.ts';

/** Which version a pack is about, under whatever name. */
export interface About {
  model_id: number;
  number: number;
}

/** An event in short. */
export type Line = Pick<Event, 'seq' | 'at' | 'actor' | 'verified' | 'type' | 'subject' | 'reason'>;

const TYPES_OF_NAMES = ['model.registered', 'model.renamed'];

/**
 * What the events of a pack tell, taken in one after the other: the version as they leave it, and the newest of what the
 * page shows. The server and whoever verifies come to the same by it.
 */
export class Story {
  readonly about: About;
  readonly events: Newest<Line>;
  readonly evaluations: Newest<Evaluation>;
  readonly steps: Newest<Step>;
  readonly edits: Newest<Edit>;
  /** Events that are about the version itself. */
  own = 0;
  /** Events before which another change of the version is missing. */
  readonly gaps: number[] = [];
  name: string | undefined;
  readonly #state = new Growing();

  constructor(about: About, { shown }: Pick<Bounds, 'shown'>) {
    this.about = about;
    this.events = new Newest(shown);
    this.evaluations = new Newest(shown);
    this.steps = new Newest(shown);
    this.edits = new Newest(Math.min(shown, MOST_EDITS));
  }

  add(event: Event): void {
    const { model_id, number } = this.about;
    const { seq, at, actor, verified, type, subject, reason } = event;
    this.events.add({ seq, at, actor, verified, type, subject, ...(reason !== undefined && { reason }) });
    let isOwn = false;
    for (const change of event.changes) {
      if (change.model_id !== model_id) continue;
      if (change.number === number) {
        isOwn = true;
        // Each change counts the etag on.
        const [etag, now] = [change.before?.etag, this.#state.get('etag')];
        if (etag !== undefined && now !== undefined && etag !== now) this.gaps.push(seq);
        this.#state.take(change);
      } else if (change.number === 0 && TYPES_OF_NAMES.includes(type) && typeof change.after.name === 'string') {
        this.name = change.after.name;
      }
    }
    if (isOwn) this.own += 1;
    if (type === 'evaluation.recorded') this.evaluations.add(inShort(event.details?.evaluation as Evaluation));
    else if (type === 'policy.changed') this.edits.add(TOLD['policy.json'].itemOf(event));
    else if ((TOLD['promotions.json'].types as readonly string[]).includes(type)) {
      const step = TOLD['promotions.json'].itemOf(event);
      if (step) this.steps.add({ ...step, details: shortDetails(step.details) });
    }
  }

  /** As the events leave it, under the name that its model has then; undefined where none of them made it. */
  version(): Version | undefined {
    const state = this.#state.doc();
    if (state.number !== this.about.number) return undefined;
    // The first versions that ever were had no source.
    return { ...state, model: this.name ?? state.model, source: state.source ?? null } as Version;
  }
}

/** A policy may be long. */
const MOST_EDITS = 20;
const MOST_METRICS = 100;
const MOST_SLICES = 50;

/** An evaluation may have a thousand metrics, slices and points of a curve: as much of it as a page shows. */
function inShort(evaluation: Evaluation): Evaluation {
  const { metrics, slices, intervals } = evaluation;
  return {
    ...evaluation,
    metrics: first(metrics, MOST_METRICS),
    intervals: first(intervals, MOST_METRICS),
    slices: slices.slice(0, MOST_SLICES).map((slice) => ({ ...slice, metrics: first(slice.metrics, 10) })),
    curves: null,
    tags: {},
  };
}

/** Of what was said of a promotion, all but the evidence of each check. */
function shortDetails({ checks, ...details }: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(checks)) return details;
  return {
    ...details,
    checks: (checks as Check[]).map(({ evidence: _, ...check }: Check & { evidence?: unknown }) => check),
  };
}

function first<T>(record: Readonly<Record<string, T>>, most: number): Record<string, T> {
  return Object.fromEntries(Object.entries(record).slice(0, most));
}
