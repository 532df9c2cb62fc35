import type { Entry } from '../../registry/runs/documents.ts';
import type { NewPoint } from '../../registry/runs/points.ts';
import type { Fields } from './fields.ts';

/** What requests about runs have in common. */

/** A run's id. It is sent under two names, and either will do. */
export function runIdOf(fields: Fields): string {
  return fields.text('run_id') || fields.text('run_uuid') || fields.required('run_id');
}

/** A tag or param; without a value it is empty. */
export function entryOf(fields: Fields): Entry {
  return { key: fields.required('key'), value: fields.text('value') ?? '' };
}

export function entriesOf(fields: Fields, name: string): Entry[] {
  return fields.objects(name).map(entryOf);
}

export function pointOf(fields: Fields): NewPoint {
  return {
    key: fields.required('key'),
    value: fields.needed('value', fields.double('value')),
    timestamp: fields.needed('timestamp', fields.integer('timestamp')),
    step: fields.integer('step') ?? 0,
    model_id: fields.text('model_id'),
    dataset_name: fields.text('dataset_name'),
    dataset_digest: fields.text('dataset_digest'),
  };
}
