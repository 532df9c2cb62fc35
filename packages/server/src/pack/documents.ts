import { type FileName, toText } from './format.ts';
import type { Shown } from './page/shown.ts';

/** The documents that stand first in a pack. All but the model and the linked metrics follow from the version. */
export function documentsOf({
  version,
  model,
  linked,
}: Pick<Shown, 'version' | 'model' | 'linked'>): [FileName, string][] {
  const { card, lineage, source, metrics } = version;
  return [
    ['version.json', toText(version)],
    ['model.json', toText(model)],
    ...(card === null ? [] : [['card.md', card] as [FileName, string]]),
    ['lineage.json', toText({ lineage, source })],
    ['metrics.json', toText({ metrics, linked })],
  ];
}
