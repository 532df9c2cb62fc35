import { Command, Option } from 'commander';
import { PROMOTION_STATES, type Promotion, type PromotionState } from '../../contract/promotion.ts';
import { misused, refused } from '../exit.ts';
import { parseCount, parseModel } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { firstItems } from '../server/pages.ts';
import { tellPromotion } from '../show/promotion.ts';
import { when } from '../show/words.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';

export function command(): Command {
  const promotions = new Command('promotions').description(
    'Promotions that were asked for: see, approve, reject, cancel.',
  );
  promotions.addCommand(ls(), { isDefault: true }).addCommand(show());
  for (const verb of ['approve', 'reject', 'cancel'] as const) promotions.addCommand(deciding(verb));
  return withExamples(
    promotions,
    'assayer promotions',
    'assayer promotions ls --mine --actor bob',
    'assayer promotions approve 12 --reason "checked on the holdout"',
    'assayer promotions reject 12 --reason "too slow"',
  );
}

interface ListOptions extends Common {
  state?: PromotionState;
  all?: boolean;
  mine?: boolean;
  model?: string;
  limit: string;
}

function ls(): Command {
  const made = withCommon(new Command('ls'))
    .description('List the promotions that wait, the newest first.')
    .addOption(new Option('--state <state>', 'those in this state').choices([...PROMOTION_STATES]))
    .option('--all', 'whatever became of them')
    .option('--mine', 'those that you can approve')
    .option('--model <model>', 'of this model')
    .option('--limit <n>', 'how many at most', '50')
    .action(
      action(async (out, { state, all, mine, model, limit, ...options }: ListOptions) => {
        const { client } = connect(options);
        const of = all ? undefined : (state ?? 'waiting');
        const filter = {
          ...(of && { state: of }),
          ...(mine && { for: 'me' }),
          ...(model !== undefined && { model: parseModel(model) }),
        };
        const call = (page: { page_size: number; page_token?: string }) =>
          client.GET('/api/v1/promotions', { params: { query: { ...page, ...filter } } });
        const { items, more } = await firstItems<Promotion>(call as never, parseCount(limit));
        items.forEach(out.item);
        out.lines(
          ...table(items, [
            { head: 'ID', cell: (one) => one.id, right: true },
            { head: 'VERSION', cell: (one) => `${one.model}/${one.number}` },
            { head: 'TO', cell: (one) => (one.alias === null ? one.to : `@${one.alias}`) },
            { head: 'STATE', cell: (one) => one.state },
            {
              head: 'APPROVALS',
              cell: (one) => (one.approvals_needed > 0 ? `${one.approvals.length}/${one.approvals_needed}` : ''),
            },
            { head: 'ASKED', cell: (one) => when(one.at) },
            { head: 'BY', cell: (one) => one.by, most: 24 },
            { head: 'REASON', cell: (one) => one.reason, most: 40 },
          ]),
        );
        if (items.length === 0) out.note(of === 'waiting' ? 'Nothing waits.' : 'There are none.');
        if (more) out.note(`There are more than these ${items.length}: raise --limit.`);
      }),
    );
  return withExamples(made, 'assayer promotions ls --mine', 'assayer promotions ls --all --model churn --json');
}

function show(): Command {
  const made = withCommon(new Command('show'))
    .description('Show a promotion: its checks, and what became of it.')
    .argument('<id>', 'its number')
    .action(
      action(async (out, options: Common, id: string) => {
        const { client } = connect(options);
        tell(out, await answerOf(client.GET('/api/v1/promotions/{id}', { params: { path: { id: parseCount(id) } } })));
      }),
    );
  return withExamples(made, 'assayer promotions show 12');
}

const DESCRIPTIONS = {
  approve: 'Approve a promotion of somebody else: with the last approval it is executed, or refused.',
  reject: 'End a promotion that waits, and say why.',
  cancel: 'Withdraw a promotion that waits.',
};

function deciding(verb: 'approve' | 'reject' | 'cancel'): Command {
  const made = withCommon(new Command(verb))
    .description(DESCRIPTIONS[verb])
    .argument('<id>', 'its number')
    .option('--reason <text>', verb === 'reject' ? 'why; needed' : 'why, for the ledger')
    .action(
      action(async (out, { reason, ...options }: Common & { reason?: string }, given: string) => {
        if (verb === 'reject' && !reason) throw misused('To reject takes a --reason.');
        const { client } = connect(options);
        const path = { id: parseCount(given) };
        const body = { ...(reason && { reason }) };
        const promotion = await answerOf(
          verb === 'reject'
            ? client.POST('/api/v1/promotions/{id}/reject', { params: { path }, body: { reason: reason ?? '' } })
            : client.POST(`/api/v1/promotions/{id}/${verb}`, { params: { path }, body }),
        );
        if (promotion.state === 'refused') {
          tellPromotion(out, promotion);
          throw refused(`Promotion ${path.id} was refused: a check failed when it was run again.`, [], promotion);
        }
        tell(out, promotion);
      }),
    );
  return withExamples(
    made,
    verb === 'approve' ? 'assayer promotions approve 12' : `assayer promotions ${verb} 12 --reason "too slow"`,
  );
}

function tell(out: Output, promotion: Promotion): void {
  out.document(promotion);
  tellPromotion(out, promotion);
}
