import type { Finding, Verdict } from '../contract/artifact.ts';

export type Severity = Finding['severity'];

const MAX_FINDINGS = 100;
const MAX_TEXT = 300;
const RANK: Record<Severity, number> = { info: 0, suspicious: 1, malformed: 2, unsafe: 3 };

/** Control characters in a name must not reach a terminal or a log line. */
export function printable(text: string, max = MAX_TEXT): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** Collects what was found in one file. The list is bounded; the verdict is not swayed by what no longer fits. */
export class Report {
  readonly findings: Finding[] = [];
  #worst: Severity = 'info';
  #complete = true;
  readonly #seen = new Set<string>();

  add(severity: Severity, rule: string, where: string, what: string): void {
    if (RANK[severity] > RANK[this.#worst]) this.#worst = severity;
    const finding: Finding = { rule, severity, where: printable(where), what: printable(what) };
    const key = `${severity} ${rule} ${finding.what}`;
    if (this.#seen.has(key)) return;
    if (this.findings.length < MAX_FINDINGS) {
      this.#seen.add(key);
      this.findings.push(finding);
      return;
    }
    // Full: a graver finding takes the place of the mildest, so that a flood of small ones cannot hide it.
    let mildest = 0;
    for (let i = 1; i < this.findings.length; i++) {
      if (RANK[this.findings[i]!.severity] < RANK[this.findings[mildest]!.severity]) mildest = i;
    }
    if (RANK[this.findings[mildest]!.severity] < RANK[severity]) this.findings[mildest] = finding;
  }

  /** Something was left unread: the verdict can no longer be `clean`. */
  unread(rule: string, where: string, what: string): void {
    this.#complete = false;
    this.add('info', rule, where, what);
  }

  /** Takes over what another report found, such as that of a trial reading that proved right. */
  merge(other: Report): void {
    for (const f of other.findings) this.add(f.severity, f.rule, f.where, f.what);
    if (RANK[other.#worst] > RANK[this.#worst]) this.#worst = other.#worst;
    if (!other.#complete) this.#complete = false;
  }

  get worst(): Severity {
    return this.#worst;
  }

  /** unsafe > malformed > suspicious > unknown > clean. */
  verdict(): Verdict {
    if (this.#worst !== 'info') return this.#worst;
    return this.#complete ? 'clean' : 'unknown';
  }
}
