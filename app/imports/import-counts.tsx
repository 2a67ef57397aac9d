import { BlockStack, Card, Link } from '@shopify/polaris';
import { withQuery } from '../api.ts';
import { CardHead } from '../shell/card-head.tsx';
import { Facts } from '../shell/facts.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textIf, textsOf } from '../texts.ts';
import type { Import } from './import-types.ts';
import { whySkipped } from './why-skipped.ts';

const t = textsOf('imports.counts');

/**
 * @param query the activity's filter for the import's events behind the figure; null: it counts no
 * events
 */
type Row = { term: string; count: number; query: { state: string; reason?: string } | null };

const row = (term: string, count: number, query: Row['query'] = null): Row => ({ term, count, query });

function rowsOf({ counts, startedAt, state }: Import): Row[] {
  const { EmailPermission, SMSPermission } = counts.flags;
  const skipped = Object.entries(counts.skipped);
  const handled = [counts.accepted, counts.waiting, counts.merged, counts.attention, ...skipped.map(([, n]) => n ?? 0)];
  const left = counts.records - handled.reduce((sum, count) => sum + count, 0);
  return [
    row(t('records'), counts.records),
    ...(startedAt === null
      ? [row(t('contacts'), counts.contacts)]
      : [
          row(t('accepted'), counts.accepted, { state: 'accepted' }),
          row(t('waiting'), counts.waiting, { state: 'waiting' }),
        ]),
    row(t('merged'), counts.merged, { state: 'merged' }),
    row(t('attention'), counts.attention, { state: 'attention' }),
    ...skipped.map(([reason, count]) =>
      row(t('skipped', { reason: whySkipped(reason, state) }), count ?? 0, { state: 'skipped', reason }),
    ),
    ...(startedAt !== null && left > 0 ? [row(textIf(`imports.counts.left.${state}`) ?? t('left.running'), left)] : []),
    row(t('emailTrue'), EmailPermission.true),
    row(t('emailFalse'), EmailPermission.false),
    row(t('smsTrue'), SMSPermission.true),
    row(t('smsFalse'), SMSPermission.false),
    row(t('lists'), counts.lists),
  ];
}

/** Before the start what would be sent, afterwards what was, each figure with its events. */
export function ImportCounts({ one }: { one: Import }) {
  const format = useFormat();
  const { id, startedAt, state } = one;
  const figureOf = ({ count, query }: Row) =>
    query && count > 0 && startedAt !== null ? (
      <Link url={withQuery('/activity', { import: id, ...query })}>{format.number(count)}</Link>
    ) : (
      format.number(count)
    );
  return (
    <Card>
      <BlockStack gap="200">
        <CardHead title={t(startedAt !== null ? 'did' : state === 'counting' ? 'soFar' : 'would')} />
        <Facts rows={rowsOf(one).map((row) => [row.term, figureOf(row)])} />
      </BlockStack>
    </Card>
  );
}
