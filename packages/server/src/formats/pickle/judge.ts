import type { Severity } from '../report.ts';
import { isAllowed } from './allow-list.ts';
import { isUnsafe, isUnsafeAttribute } from './known-unsafe.ts';
import { fromPython2, isPython2Module } from './python2-names.ts';

export interface Judgement {
  /** The name as the unpickler resolves it. */
  module: string;
  name: string;
  severity: 'clean' | Exclude<Severity, 'info' | 'malformed'>;
  rule: string;
  what: string;
}

/**
 * What an import means. Exact entries only: allowed is clean, listed is unsafe, and everything else is suspicious,
 * because nobody can know what an unlisted module does on import or on call.
 */
export function judgeImport(module: string, name: string, proto: number): Judgement {
  const found = proto < 3 ? fromPython2(module, name) : { module, name };
  const what = `imports ${found.module}.${found.name}`;
  const say = (severity: Judgement['severity'], rule = 'pickle.import', why = ''): Judgement => ({
    ...found,
    severity,
    rule,
    what: `${what}${why}`,
  });

  // The name as written counts too: a loader may have fix_imports off.
  if (isUnsafe(found.module, found.name) || isUnsafe(module, name)) return say('unsafe');
  if (name.includes('.')) {
    // Protocol 4 walks the dots with getattr, from any module to whatever that module has imported.
    const severity = walksToUnsafe(found.module, found.name) ? 'unsafe' : 'suspicious';
    return say(severity, 'pickle.dotted-name', ', a dotted name that is walked attribute by attribute');
  }
  if (proto >= 3 && isPython2Module(module)) {
    const old = fromPython2(module, name);
    const severity = isUnsafe(old.module, old.name) ? 'unsafe' : 'suspicious';
    return say(severity, 'pickle.python2-name', ', a name of Python 2');
  }
  return say(isAllowed(found.module, found.name) ? 'clean' : 'suspicious');
}

function walksToUnsafe(module: string, dotted: string): boolean {
  const parts = dotted.split('.');
  return parts.some((part, i) => {
    if (isUnsafeAttribute(part)) return true;
    const before = parts.slice(0, i);
    return isUnsafe(before.at(-1) ?? module, part) || isUnsafe([module, ...before].join('.'), part);
  });
}
