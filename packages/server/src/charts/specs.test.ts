import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samples } from '../../test/support/chart-samples.ts';
import { textsIn, troubleIn } from '../../test/support/svg-texts.ts';
import { createDrawer } from './draw.ts';
import { specOf } from './specs.ts';
import type { Look } from './theme.ts';

const LOOKS: Look[] = [
  { width: 720, height: 420, theme: 'light' },
  { width: 200, height: 200, theme: 'dark' },
  { width: 1_600, height: 300, theme: 'light' },
];
const drawer = createDrawer();
afterAll(() => drawer.close());

let isVegaLite: (spec: unknown) => boolean;
let errors: () => string;
beforeAll(async () => {
  const path = createRequire(import.meta.url).resolve('vega-lite/vega-lite-schema.json');
  const schema = JSON.parse(await readFile(path, 'utf8'));
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
  const validate = ajv.compile(schema);
  isVegaLite = (spec) => validate(spec) as boolean;
  errors = () => ajv.errorsText(validate.errors?.slice(0, 5));
});

describe.each(Object.entries(samples))('the chart %s', (_name, data) => {
  it.each(LOOKS)(
    'in $width by $height: a valid spec, and a picture with nothing clipped, overlapping or unlabelled',
    async (look) => {
      const spec = JSON.parse(JSON.stringify(specOf(data, look)));
      expect(isVegaLite(spec), errors()).toBe(true);
      const svg = await drawer.draw(spec);
      expect(troubleIn(svg)).toEqual([]);
      const { width, height, texts } = textsIn(svg);
      // Bars are as wide as they come to.
      if (data.chart !== 'metrics' || 'autosize' in spec) expect(width).toBeGreaterThanOrEqual(look.width);
      expect(height).toBeGreaterThan(80);
      expect(texts[0]?.text.length).toBeGreaterThan(0);
      expect(await drawer.draw(spec)).toBe(svg);
    },
  );
});

it('the check of pictures finds what is clipped, and what overlaps', () => {
  const text = (x: number, words: string) => `<text transform="translate(${x},20)" font-size="11px">${words}</text>`;
  const picture = (...texts: string[]) =>
    `<svg width="100" height="40"><g transform="translate(5,5)">${texts.join('')}</g></svg>`;
  expect(troubleIn(picture(text(0, 'one'), text(50, 'two')))).toEqual([]);
  expect(troubleIn(picture(text(80, 'beyond')))).toEqual(['beyond stands outside']);
  expect(troubleIn(picture(text(0, 'one'), text(10, 'two')))).toEqual(['one lies over two']);
});
