/** The committed document of the API: beside `src` in a checkout, beside `dist` in the package. */
export const DOCUMENT = new URL('../openapi.json', import.meta.url);
