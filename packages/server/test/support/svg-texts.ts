import { textWidth } from '../../src/charts/text-width.ts';

/** A line of text in a picture, and the box that it takes. */
export interface TextBox {
  text: string;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];
const NONE: Matrix = [1, 0, 0, 1, 0, 0];

const times = ([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix => [
  a * g + c * h,
  b * g + d * h,
  a * i + c * j,
  b * i + d * j,
  a * k + c * l + e,
  b * k + d * l + f,
];

function toMatrix(transform = ''): Matrix {
  let matrix = NONE;
  for (const [, kind, text = ''] of transform.matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [x = 0, y = 0] = text.split(/[ ,]+/).map(Number);
    const turn = (x * Math.PI) / 180;
    if (kind === 'translate') matrix = times(matrix, [1, 0, 0, 1, x, y]);
    else if (kind === 'rotate')
      matrix = times(matrix, [Math.cos(turn), Math.sin(turn), -Math.sin(turn), Math.cos(turn), 0, 0]);
    else throw new Error(`a transform that is not known here: ${kind}`);
  }
  return matrix;
}

const attributes = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));

/** Every line of text of an SVG as Vega writes it, with its box, as wide as the text is taken to be when it is laid out. */
export function textsIn(svg: string): { width: number; height: number; texts: TextBox[] } {
  const texts: TextBox[] = [];
  const stack: Matrix[] = [NONE];
  let root: Record<string, string> = {};
  let current: { attributes: Record<string, string>; matrix: Matrix; dy: number } | undefined;
  for (const [, end, name = '', rest = '', content = ''] of svg.matchAll(/<(\/?)([\w-]+)([^>]*)>([^<]*)/g)) {
    const told = attributes(rest);
    if (name === 'svg' && !end) root = told;
    if (end) {
      stack.pop();
      if (name === 'text') current = undefined;
      continue;
    }
    const matrix = times(stack.at(-1)!, toMatrix(told.transform));
    if (name === 'text') current = { attributes: told, matrix, dy: 0 };
    if (name === 'tspan' && current) current.dy += Number(told.dy ?? 0);
    const isSeen = current?.attributes.opacity !== '0';
    if ((name === 'text' || name === 'tspan') && current && isSeen && content.trim() !== '')
      texts.push(boxOf(content, current));
    if (!rest.endsWith('/')) stack.push(matrix);
  }
  return { width: Number(root.width), height: Number(root.height), texts };
}

function boxOf(
  content: string,
  { attributes: told, matrix, dy }: { attributes: Record<string, string>; matrix: Matrix; dy: number },
): TextBox {
  const text = content.replace(/&(amp|lt|gt|quot|#39);/g, 'x');
  const size = Number.parseFloat(told['font-size'] ?? '11');
  const width = textWidth(text, size, Number(told['font-weight']) >= 600 || told['font-weight'] === 'bold');
  const from = { start: 0, middle: -width / 2, end: -width }[told['text-anchor'] ?? 'start'] ?? 0;
  const corners = [
    [from, dy - size * 0.75],
    [from + width, dy + size * 0.22],
  ].map(([x = 0, y = 0]) => [matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]]);
  const [xs, ys] = [corners.map(([x]) => x!), corners.map(([, y]) => y!)];
  return {
    text: content,
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}

/** What stands outside of the picture, and what lies over other text. */
export function troubleIn(svg: string): string[] {
  const { width, height, texts } = textsIn(svg);
  const outside = texts.filter(
    ({ left, top, right, bottom }) => left < -1 || top < -1 || right > width + 1 || bottom > height + 1,
  );
  const over = texts.flatMap((one, i) =>
    texts
      .slice(i + 1)
      .filter((other) => {
        // A text that has its ground drawn under it is there twice.
        if (one.text === other.text && Math.abs(one.left - other.left) < 1 && Math.abs(one.top - other.top) < 1)
          return false;
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        return across > 2 && down > 2;
      })
      .map((other) => `${one.text} lies over ${other.text}`),
  );
  return [...outside.map(({ text }) => `${text} stands outside`), ...over];
}
