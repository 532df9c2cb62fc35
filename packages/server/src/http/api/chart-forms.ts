import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { specOf } from '../../charts/specs.ts';
import { type Look, THEMES } from '../../charts/theme.ts';
import { withWords } from '../../charts/xml.ts';
import type { ChartData } from '../../contract/chart.ts';
import type { Registry } from '../../registry/registry.ts';
import { isHeld } from './route.ts';

/** A chart is asked for by its name alone, and then answered as `Accept` says, or with the ending of a form. */
const FORMS = { '.json': 'json', '.vl.json': 'vega-lite', '.svg': 'svg' } as const;
type Form = (typeof FORMS)[keyof typeof FORMS];

const TYPES: Record<Form, string> = {
  json: 'application/json; charset=utf-8',
  'vega-lite': 'application/vnd.vegalite.v6+json; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
};

export const chartParam = (...charts: string[]) =>
  Type.Enum(
    charts.flatMap((chart) => [chart, ...Object.keys(FORMS).map((ending) => chart + ending)]),
    {
      description:
        'The chart; `.json` is its data, `.vl.json` a Vega-Lite 6 spec, `.svg` a picture drawn from that spec',
    },
  );

export const LookQuery = {
  width: Type.Integer({ minimum: 200, maximum: 2_000, default: 720, description: 'Pixels' }),
  height: Type.Integer({
    minimum: 200,
    maximum: 2_000,
    default: 420,
    description: 'Pixels; a picture grows beyond its size where what it names does not fit',
  }),
  theme: Type.Enum([...THEMES], { default: 'light' }),
};

/** What a route of charts answers with. */
export const forms = (data: TSchema): TSchema =>
  ({
    description: 'The chart in the form that was asked for',
    content: {
      'application/json': { schema: data },
      'application/vnd.vegalite.v6+json': {
        schema: Type.Object({}, { title: 'VegaLiteSpec', description: 'Vega-Lite 6' }),
      },
      'image/svg+xml': { schema: Type.String() },
    },
  }) as never;

/** `roc.svg` as the chart and the form; without an ending the form is what `Accept` names first. */
function readChart<C extends string>(text: string, accept: string | undefined): { chart: C; form: Form } {
  const dot = text.indexOf('.');
  if (dot === -1) return { chart: text as C, form: acceptedForm(accept ?? '') };
  return { chart: text.slice(0, dot) as C, form: FORMS[text.slice(dot) as keyof typeof FORMS] };
}

function acceptedForm(accept: string): Form {
  for (const part of accept.toLowerCase().split(',')) {
    const type = part.split(';', 1)[0]!.trim();
    if (type.startsWith('application/vnd.vegalite')) return 'vega-lite';
    if (type === 'image/svg+xml' || type === 'image/*') return 'svg';
    if (type === 'application/json' || type === 'application/*') return 'json';
  }
  return 'json';
}

/** Another build may draw the same spec in another way. */
const DRAWN_BY = 'vega 6.4.0, 1';

/** Answers with the chart that the address names, in the form that is asked for. `read` gives its data. */
export async function answerChart<C extends string>(
  request: FastifyRequest,
  reply: FastifyReply,
  { draw, prepare }: Pick<Registry['charts'], 'draw' | 'prepare'>,
  look: Look,
  read: (chart: C) => Promise<ChartData>,
): Promise<string | undefined> {
  const { chart, form } = readChart<C>((request.params as { chart: string }).chart, request.headers.accept);
  if (form === 'svg') prepare();
  const data = await read(chart);
  const spec = form === 'json' ? undefined : specOf(data, look);
  const text = JSON.stringify(spec ?? data);
  reply.headers({ ...headersOf(text, form), 'content-type': TYPES[form], vary: 'accept' });
  if (request.method === 'GET' && isHeld(request, String(reply.getHeader('etag')))) {
    reply.code(304).removeHeader('content-type');
    return undefined;
  }
  return form === 'svg' && spec ? withWords(await draw(spec), data.title, data.summary) : text;
}

/** Kept by the browser, but asked for each time: what it shows changes. A picture that is opened by itself runs and loads nothing. */
export function headersOf(text: string, form: Form): Record<string, string> {
  const hash = createHash('sha256').update(`${DRAWN_BY} ${form} ${text}`).digest('base64url').slice(0, 27);
  return {
    etag: `"${hash}"`,
    'cache-control': 'private, no-cache',
    ...(form === 'svg' && { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }),
  };
}
