import type { Badge } from '../../charts/badge.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { getModel } from '../models/repository.ts';

/** Where a model stands: its version in production, else in staging, else its newest. */
export async function badgeOf(reader: Reader, name: string): Promise<Badge> {
  const model = await getModel(reader, name);
  const live = JSON.parse(model.live) as { production: number[]; staging: number[] };
  for (const status of ['production', 'staging'] as const) {
    const [newest, ...others] = live[status];
    if (newest !== undefined) {
      const more = others.length === 0 ? '' : ` +${others.length}`;
      return { label: model.name, message: `${status} v${newest}${more}`, tone: status };
    }
  }
  const number = model.latest_version;
  if (number === null) return { label: model.name, message: 'no version', tone: 'none' };
  const [row] = await statusOf(reader, { model_id: model.id, number });
  const status = row?.status ?? 'draft';
  return { label: model.name, message: `${status} v${number}`, tone: status };
}

const statusOf = prepareRead<{ model_id: number; number: number }, { status: Badge['tone'] & ('draft' | 'archived') }>(
  (db, param) =>
    db
      .selectFrom('version')
      .select('status')
      .where('model_id', '=', param('model_id'))
      .where('number', '=', param('number')) as never,
);
