import { MANY, nameOf } from '../../../../bench/seed/shape.ts';
import { lookAhead } from '../../src/registry/look-ahead.ts';
import type { Case } from './plan-cases.ts';

const FEW = nameOf(5);
const NO_PROMPT = "tag.`mlflow.prompt.is_prompt` != 'true'";

/** Reads of MLflow's `registered-models` and `model-versions`. */
function reads(
  of: 'registered-models' | 'model-versions',
  cases: Record<string, [call: string, body: object]>,
): Case[] {
  return Object.entries(cases).map(([what, [call, body]]) => ({
    title: `MLflow: ${what}`,
    read: `/${of}/${call}`,
    body: body as Record<string, unknown>,
  }));
}

export const REGISTRY_CASES: readonly Case[] = [
  {
    title: 'what changes that share a commit read first, on PostgreSQL',
    work: ({ db }) =>
      db.write.transaction().execute((tx) =>
        lookAhead(db, tx, [
          { name: nameOf(0), ref: '1', ruled: true, makes: 'promotion' },
          { name: nameOf(2), ref: '2', alias: 'latest', ruled: true },
          { name: 'is-not-there', isNew: true, makes: 'model' },
        ]),
      ),
  },
  ...reads('registered-models', {
    'a model': ['get', { name: FEW }],
    'a model of many versions': ['get', { name: MANY }],
    'a version by alias': ['alias', { name: FEW, alias: 'latest' }],
    models: ['search', { max_results: 20, filter: NO_PROMPT }],
    'models in order of change': ['search', { max_results: 20, order_by: ['timestamp DESC'] }],
    'models whose names begin so': ['search', { max_results: 20, filter: `name LIKE 'churn-0000%' AND ${NO_PROMPT}` }],
    'models with a tag': ['search', { max_results: 20, filter: "tags.team = 'risk'" }],
    prompts: ['search', { max_results: 20, filter: "tags.`mlflow.prompt.is_prompt` = 'true'" }],
  }),
  {
    title: 'MLflow: models, the next page',
    read: '/registered-models/search',
    body: { max_results: 20 },
    page: 'next',
  },
  ...reads('model-versions', {
    'a version': ['get', { name: FEW, version: '1' }],
    versions: ['search', { max_results: 20 }],
    'versions of a model': ['search', { max_results: 20, filter: `name = '${FEW}'` }],
    'versions of a model that has many': ['search', { max_results: 20, filter: `name = '${MANY}'` }],
    'versions of a run': ['search', { max_results: 20, filter: "run_id = 'none'" }],
    'versions of other runs': ['search', { max_results: 20, filter: "run_id != 'none'" }],
    'versions in a stage': ['search', { max_results: 20, filter: "current_stage = 'Production'" }],
  }),
  { title: 'MLflow: versions, the next page', read: '/model-versions/search', body: { max_results: 20 }, page: 'next' },
];
