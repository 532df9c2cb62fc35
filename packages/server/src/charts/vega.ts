import * as vega from 'vega';

/**
 * All that is taken of Vega: the build makes one file of this and of what it needs, so that whoever installs the server
 * gets none of its packages (docs/decisions/0016-vega-is-bundled.md).
 */
export { type Config, loader, None, parse, resetSVGDefIds, View } from 'vega';
export { expressionInterpreter } from 'vega-interpreter';
export { compile, type TopLevelSpec } from 'vega-lite';

interface TextItem {
  fontSize?: number;
  fontWeight?: string | number;
}

/** How wide text is taken to be; left out of Vega's types, and meant to be set (`vega-scenegraph/src/util/text.js`). */
export const { textMetrics } = vega as unknown as {
  textMetrics: { width(item: TextItem, text: unknown): number };
};
