import type { Case } from './plan-cases.ts';

/** A search of MLflow's API, by what is asked for besides all runs, experiments or logged models. */
function search(of: string, usual: object, asked: Record<string, object>): Case[] {
  return Object.entries(asked).map(([what, body]) => ({
    title: `tracked: ${of}${what}`,
    post: `/${of}/search`,
    body: { max_results: 20, ...usual, ...body },
  }));
}

const SEVERAL = { experiment_ids: ['1', '2', '3'] };
const MANY = { experiment_ids: Array.from({ length: 100 }, (_, i) => String(37 + i)) };

export const TRACKED_CASES: readonly Case[] = [
  ...search(
    'runs',
    { experiment_ids: ['1'] },
    {
      '': {},
      ' in all stages': { run_view_type: 'ALL' },
      ' of several experiments': SEVERAL,
      ' of many experiments': MANY,
      ', the oldest first': { order_by: ['start_time ASC'] },
      ' in order of a metric': { order_by: ['metrics.k1 DESC'] },
      ' in order of a param and a name': { order_by: ['params.k1', 'run_name'] },
      ' with a param': { filter: "params.k1 = '7 of 1'" },
      ' with a param or without a tag': { filter: "params.k1 = '7 of 1' OR tags.nothing IS NULL" },
      ' with a metric, in order of it': { filter: 'metrics.k1 > 50', order_by: ['metrics.k1'] },
      ' with a metric, of many experiments': { ...MANY, filter: 'metrics.k1 > 95' },
      ' by their ids': { filter: "run_id IN ('run40', 'run41')" },
      ' of a data set': { filter: "datasets.name = 'data 40' AND datasets.context = 'train'" },
      ' whose names begin so': { filter: "run_name LIKE 'name 1%'" },
    },
  ),
  {
    title: 'tracked: runs, the next page',
    post: '/runs/search',
    body: { experiment_ids: ['1'], max_results: 20 },
    page: 'next',
  },
  {
    title: 'tracked: runs in order of a metric, the next page',
    post: '/runs/search',
    body: { experiment_ids: ['1'], max_results: 20, order_by: ['metrics.k1'] },
    page: 'next',
  },
  ...search(
    'experiments',
    {},
    {
      '': {},
      ' in all stages': { view_type: 'ALL' },
      ' of a name': { filter: "name = 'experiment 7'" },
      ' with a tag': { filter: "tags.team = 'team 1'" },
      ' in order of name': { order_by: ['name'] },
    },
  ),
  ...search(
    'logged-models',
    { experiment_ids: ['1'] },
    {
      '': {},
      ' of a name': { filter: "name = 'model 7'" },
      ' of a run': { filter: "source_run_id = 'run40'" },
      ' with a metric, in order of it': {
        filter: 'metrics.k1 > 50',
        order_by: [{ field_name: 'metrics.k1', ascending: false }],
      },
      ' on a data set': { datasets: [{ dataset_name: 'data' }] },
      ' with a param and a tag': { filter: "params.k1 = '7 of 1' AND tags.k2 LIKE '7%'" },
    },
  ),
];
