import type { Spec } from './spec.ts';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** How a picture is to look. */
export interface Look {
  width: number;
  height: number;
  theme: Theme;
}

interface Colours {
  background: string;
  text: string;
  muted: string;
  grid: string;
  /** Told apart by people with any vision of colours: after Okabe and Ito (Color Universal Design, 2008), each as dark or light as it has to be to stand out. */
  series: readonly string[];
  /** From little to much, and beyond which share text stands out better in the other colour. */
  ramp: readonly [little: string, much: string];
  turn: number;
  onLittle: string;
  onMuch: string;
}

export const COLOURS: Record<Theme, Colours> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    muted: '#59636e',
    grid: '#e3e6ea',
    series: ['#0072b2', '#d55e00', '#007a56', '#b0578d', '#9a6700', '#2f8fc4', '#3b3f45'],
    ramp: ['#eef4fa', '#0b5a8f'],
    turn: 0.68,
    onLittle: '#1f2328',
    onMuch: '#ffffff',
  },
  dark: {
    background: '#12161c',
    text: '#e6e9ed',
    muted: '#a3adb8',
    grid: '#2a313a',
    series: ['#56b4e9', '#e69f00', '#2bc79a', '#e08dbb', '#f0e442', '#ff7f45', '#d5dae0'],
    ramp: ['#1c2733', '#7cc4f2'],
    turn: 0.5,
    onLittle: '#e6e9ed',
    onMuch: '#0b1016',
  },
};

export const FONT = 'sans-serif';
/** Pixels of text. */
export const SIZE = { title: 15, subtitle: 12, label: 11, axisTitle: 12 };

/** What is the same in every chart of a theme. */
export function configOf(theme: Theme): Spec {
  const { text, muted, grid, background, series } = COLOURS[theme];
  return {
    aria: false,
    font: FONT,
    background,
    view: { stroke: null },
    title: {
      anchor: 'start',
      frame: 'bounds',
      color: text,
      subtitleColor: muted,
      fontSize: SIZE.title,
      fontWeight: 600,
      subtitleFontSize: SIZE.subtitle,
      subtitlePadding: 4,
      offset: 10,
    },
    axis: {
      labelColor: muted,
      titleColor: text,
      labelFontSize: SIZE.label,
      titleFontSize: SIZE.axisTitle,
      titleFontWeight: 'normal',
      titlePadding: 8,
      labelPadding: 4,
      gridColor: grid,
      domainColor: muted,
      tickColor: muted,
      labelLimit: 0,
      titleLimit: 0,
      labelFlush: false,
      maxExtent: 400,
    },
    legend: {
      labelColor: text,
      titleColor: text,
      labelFontSize: SIZE.label,
      titleFontSize: SIZE.label,
      titleFontWeight: 'normal',
      labelLimit: 0,
      titleLimit: 0,
      symbolStrokeWidth: 2,
    },
    text: { color: text, fontSize: SIZE.label },
    rule: { color: muted },
    bar: { color: series[0] as string },
    range: { category: [...series] },
  };
}
