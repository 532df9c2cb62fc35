/** A Vega-Lite 6 spec, or a part of one. */
export type Spec = { [member: string]: Json };
export type Json = string | number | boolean | null | undefined | Json[] | readonly Json[] | Spec;
