import type { Problem } from 'assayer-client';

/** Names a call of the API, or one of its parameters: of no use to somebody at a command line. */
const OF_THE_API = /\b(GET|POST|PUT|PATCH|DELETE)\b|\bforce=true\b/;

/** What to do about a problem with this program, by its kind. */
const ADVICE: Record<string, (problem: Problem) => string | undefined> = {
  'model-not-found': (problem) =>
    problem.deregistered
      ? `assayer restore ${nameOf(problem)}`
      : `assayer push ${nameOf(problem)} PATH registers it; assayer search finds names`,
  'version-not-found': (problem) =>
    problem.deregistered
      ? `assayer restore ${versionOf(problem)}`
      : `assayer show ${nameOf(problem)} lists the versions`,
  'alias-not-found': (problem) => `assayer alias set ${nameOf(problem)}/NUMBER ${text(problem.alias, 'ALIAS')}`,
  'in-production': () => 'repeat with --force, or first: assayer promote MODEL/NUMBER archived',
  'version-sealed': (problem) => `assayer push ${nameOf(problem)} PATH makes a new version`,
  'not-in-trash': (problem) => `assayer rm ${versionOf(problem)} --reason TEXT`,
  'check-failed': ({ checks }) => {
    const failed = (checks ?? []).filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
    if (failed.includes('sealed')) return 'assayer push MODEL PATH --version NUMBER sends what is missing and seals it';
    return failed.length > 0
      ? 'assayer show MODEL/NUMBER tells the evidence; --force --reason TEXT overrides'
      : undefined;
  },
  'unsupported-media-type': () => 'assayer push MODEL PATH sends files',
};

/** A line for a person, where what the server says is meant for programs. */
export function adviceOn(kind: string, problem: Problem): string | undefined {
  const told = [problem.detail, ...(problem.checks ?? []).map(({ remedy }) => remedy ?? '')].join('\n');
  const advice = OF_THE_API.test(told) ? ADVICE[kind]?.(problem) : undefined;
  return advice && `On the command line: ${advice}.`;
}

const nameOf = ({ model }: Problem) => text(model, 'MODEL');

function versionOf(problem: Problem): string {
  const number = problem.number ?? problem.ref;
  return number === undefined ? nameOf(problem) : `${nameOf(problem)}/${number}`;
}

function text(value: unknown, otherwise: string): string {
  if (typeof value !== 'string') return otherwise;
  return /^[\p{L}\p{N}_.@+-]+$/u.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
