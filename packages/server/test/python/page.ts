import { answered, DIFFERENCES, type Endpoint, nameOf, type Results, SURFACE } from './results.ts';

const CLASSES = {
  SERVICE: 'Service',
  A: 'Registry: models and versions',
  B: 'What logging a model needs',
  C: 'Around it',
};

/** `docs/mlflow.md`, from what the suite found with the clients of both lines. */
export function mlflowPage(newest: Results, before: Results): string {
  return `# What of MLflow there is

Written from the results of the conformance suite (\`packages/server/test/python/conformance\`), which runs in CI with the
unchanged clients mlflow ${newest.mlflow} and ${before.mlflow} against a started server, and sends plain requests to every endpoint,
whose answers must be those recorded of MLflow's own server ${newest.mlflow}. \`npx vitest run test/python/mlflow --update\` writes it
anew. [Coming from MLflow](coming-from-mlflow.md) says what that means for you.

## Differences on purpose

${Object.entries(DIFFERENCES)
  .map(([id, { says }]) => `- <a id="${id}"></a>**${id}**: ${says}`)
  .join('\n')}

## By endpoint

*Supported* is what a passing test was answered by; the last two columns say which client sent it by itself in the suite. All
answer under \`/api\` and, the same, under \`/ajax-api\` (\`/health\` and \`/version\` at the root).
${Object.entries(CLASSES)
  .map(([of, title]) => endpointTable(title, of as Endpoint['class'], newest, before))
  .join('')}
## By capability

| capability | ${newest.mlflow} | ${before.mlflow} | differs |
| --- | --- | --- | --- |
${capabilityRows(newest, before).join('\n')}

An empty cell is a call that the older client does not have, or a plain request that needs no second client.

## Not served

Traces and assessments, the AI gateway, evaluation datasets, review queues, scorers, label schemas, prompt optimisation, workspaces,
issues and GraphQL are no part of a registry. They answer 501 or 404 in MLflow's form, and the client goes on.
`;
}

function endpointTable(title: string, of: Endpoint['class'], newest: Results, before: Results): string {
  const raw = answered(newest, 'raw');
  const [sent, sentBefore] = [answered(newest, 'client'), answered(before, 'client')];
  const rows = SURFACE.filter((endpoint) => endpoint.class === of).map((endpoint) => {
    const name = nameOf(endpoint);
    const supported = raw.has(name) || sent.has(name);
    const state = supported
      ? ['supported', ...differencesAt(name)].join(', ')
      : `not supported: ${endpoint.why ?? 'fails'}`;
    return `| ${endpoint.method} | \`${shortened(endpoint.path)}\` | ${state} | ${tick(sent.has(name))} | ${tick(sentBefore.has(name))} |`;
  });
  return `
### ${title}

| | call | | ${newest.mlflow} | ${before.mlflow} |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function differencesAt(name: string): string[] {
  const ids = Object.entries(DIFFERENCES)
    .filter(([, { at }]) => at.includes(name))
    .map(([id]) => link(id));
  return ids.length > 0 ? [`differs on purpose: ${ids.join(', ')}`] : [];
}

function capabilityRows(newest: Results, before: Results): string[] {
  const earlier = new Map(before.capabilities.map((row) => [row.id, row]));
  return newest.capabilities.map(({ id, title, outcome, differences }) => {
    const older = earlier.get(id);
    const states = [outcome, older?.outcome].map((state) => (state === 'passed' ? 'supported' : (state ?? '')));
    const why = [...new Set([...differences, ...(older?.differences ?? [])])].sort().map(link);
    return `| ${title} | ${states.join(' | ')} | ${why.join(', ')} |`;
  });
}

/** Paths are long enough without what all of them share. */
function shortened(path: string): string {
  return path.replace(/^\/2\.0\/mlflow(?=[/-])/, '…');
}

function link(id: string): string {
  return `[${id}](#${id})`;
}

function tick(is: boolean): string {
  return is ? 'sends' : '';
}
