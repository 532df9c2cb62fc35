import { EACH } from '../seed/shape.ts';
import { type Call, modelAt, passOf, pathOf } from './call.ts';

interface Document {
  etag: number;
}
interface Model extends Document {
  name: string;
}
interface Version extends Document {
  model: string;
  number: number;
}
const readModel = (model: Model) => ({ path: pathOf(model.name), document: model });
const readVersion = (version: Version) => ({
  path: `${pathOf(version.model)}/versions/${version.number}`,
  document: version,
});

/** Moves of one and the same version, each from where the one before left it. */
const MOVES = ['staging', 'production', 'archived'] as const;

/**
 * Every one of these changes something, however often it is called: an event is recorded for each. Two `ways` set no tag,
 * alias or status of the same name and version.
 */
const kindsOf = (way: string, moved: number): readonly Call[] => [
  {
    name: 'create-model',
    request: (_ground, i) => ({
      method: 'POST',
      path: '/api/v1/models',
      body: {
        name: `${way}-${i}`,
        description: 'nightly experiment',
        owner: 'risk-1@example.com',
        tags: { team: 'risk' },
      },
    }),
    readBack: readModel,
  },
  {
    name: 'create-version',
    request: ({ shape }, i) => ({
      method: 'POST',
      path: `${modelAt(shape, i)}/versions`,
      body: {
        description: 'nightly candidate',
        tags: { team: 'risk', run: `r${i}` },
        framework: 'sklearn',
        metrics: { auc: 0.5 + (i % 1_000) / 2_000 },
        lineage: { run_id: `run-${i}`, git_commit: '2f1e4c9' },
      },
    }),
    readBack: readVersion,
  },
  {
    name: 'set-tag',
    request: ({ shape }, i) => ({
      method: 'PATCH',
      path: `${modelAt(shape, i)}/versions/${(passOf(shape, i) % EACH) + 1}`,
      body: { tags: { [way]: `n${i}` } },
    }),
    readBack: readVersion,
  },
  {
    name: 'set-alias',
    request: ({ shape }, i) => ({
      method: 'PUT',
      path: `${modelAt(shape, i)}/aliases/${way}`,
      body: { version: (passOf(shape, i) % EACH) + 1 },
    }),
    readBack: readModel,
  },
  {
    name: 'promote',
    request: ({ shape }, i) => ({
      method: 'POST',
      path: `${modelAt(shape, i)}/versions/${moved}/promotions`,
      body: { to: MOVES[passOf(shape, i) % MOVES.length] },
    }),
    readBack: ({ version }: { version: Version }) => readVersion(version),
  },
];

/** So many models lie between those that calls of two kinds visit at one time. */
const APART = 197;

/** All kinds in turns, as they come where many do different things: `changes` shares each commit between them. */
function inTurns(name: string, kinds: readonly Call[]): Call {
  const turnOf = (i: number): [Call, number] => {
    const place = i % kinds.length;
    return [kinds[place]!, Math.floor(i / kinds.length) + place * APART];
  };
  return {
    name,
    request(ground, i) {
      const [kind, turn] = turnOf(i);
      return kind.request(ground, turn);
    },
    readBack(answer, ground, i) {
      const [kind, turn] = turnOf(i);
      return kind.readBack!(answer, ground, turn);
    },
  };
}

export const WRITES: readonly Call[] = [...kindsOf('bench', 5), inTurns('changes', kindsOf('mixed', 6))];
