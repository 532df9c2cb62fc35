import { toShown, wrap } from './labels.ts';
import type { Spec } from './spec.ts';
import { COLOURS, configOf, type Look, SIZE } from './theme.ts';

export const PADDING = 14;
const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

interface Framed {
  title: string;
  /** Said below the title, on at most two lines. */
  subtitle?: string;
  summary: string;
}

/** What stands around every chart. Data are inline: a spec names nothing that would have to be loaded. */
export function frame(look: Look, { title, subtitle, summary }: Framed, body: Spec): Spec {
  const room = look.width - 2 * PADDING;
  const [text = ''] = wrap(title, room / 1.12, SIZE.title, 1);
  return {
    $schema: SCHEMA,
    description: toShown(summary),
    title: { text, ...(subtitle && { subtitle: wrap(subtitle, room, SIZE.subtitle, 2) }) },
    padding: PADDING,
    config: configOf(look.theme),
    ...body,
  };
}

/** The whole picture, title and axes in it, has the size that was asked for. */
export const fitted = ({ width, height }: Look): Spec => ({
  width,
  height,
  autosize: { type: 'fit', contains: 'padding' },
});

/** What is drawn of nothing: a sentence that says so. */
export function emptySpec(look: Look, framed: Framed, sentence: string): Spec {
  return frame(look, framed, {
    ...fitted(look),
    data: { values: [{}] },
    mark: { type: 'text', fontSize: SIZE.title, color: COLOURS[look.theme].muted },
    encoding: { text: { value: wrap(sentence, look.width - 4 * PADDING, SIZE.title, 3) } },
  });
}

/** How a metric is called on an axis. */
export function withUnit({ name, unit }: { name: string; unit: string | null }): string {
  return unit ? `${toShown(name)} (${toShown(unit)})` : toShown(name);
}

export function betterOf({ direction }: { direction: 'higher' | 'lower' | null }): string {
  return direction ? `${direction} is better` : '';
}

/** Parts of a subtitle, those that there are. */
export const said = (...parts: (string | false | null | undefined)[]): string => parts.filter(Boolean).join(' · ');
