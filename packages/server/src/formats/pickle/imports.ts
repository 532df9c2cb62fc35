import { printable, type Report } from '../report.ts';
import { judgeImport } from './judge.ts';
import { GETATTR, type Global, isWrapperName } from './values.ts';

const MAX_LISTED = 200;
const MAX_KNOWN = 100_000;

/** Every name that the pickles of one file import, each judged once. */
export class Imports {
  readonly #report: Report;
  readonly #globals = new Map<string, Global>();
  /** What facts show: the names as the unpickler resolves them, at most 200. */
  readonly listed: string[] = [];
  /** Listed as unsafe or on the allow-list: a name that only a real pickle would hold. */
  telling = 0;
  /** joblib's array wrapper is among them. */
  wrapper = false;
  /** Shaped like a module and a name, as bytes that happen to read as an import are not. */
  plausible = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  get count(): number {
    return this.#globals.size;
  }

  find(module: string, name: string, proto: number, where: string): Global {
    const key = `${proto < 3 ? 2 : Math.min(proto, 4)}:${module.length}:${module}${name}`;
    const known = this.#globals.get(key);
    if (known) return known;
    const judged = judgeImport(module, name, proto);
    const full = `${judged.module}.${judged.name}`;
    if (judged.severity !== 'suspicious') this.telling++;
    if (/^[\w.-]+$/u.test(module) && /^[\w.]+$/u.test(name)) this.plausible++;
    const getattr = full === GETATTR.full;
    // Judged by what it is asked for: attributes.ts.
    if (judged.severity !== 'clean' && !getattr) this.#report.add(judged.severity, judged.rule, where, judged.what);
    if (isWrapperName(full)) this.wrapper = true;
    const instance = { kind: 'instance', of: full } as const;
    const global: Global = getattr
      ? GETATTR
      : { kind: 'global', module: judged.module, name: judged.name, full, instance };
    if (this.#globals.size < MAX_KNOWN) this.#globals.set(key, global);
    const shown = printable(full, 200);
    if (this.listed.length < MAX_LISTED && !this.listed.includes(shown)) this.listed.push(shown);
    return global;
  }
}
