/** Changes whenever the same bytes may get another verdict: stored verdicts of an older one are looked at again. */
export const RULES_VERSION = '3';
