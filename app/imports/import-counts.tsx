import { BlockStack, Card, DescriptionList, Text } from '@shopify/polaris';
import { useFormat } from '../shell/shop.tsx';
import { textAt, textIf, textsOf } from '../texts.ts';
import type { Import } from './import-types.ts';

const t = textsOf('imports.counts');

/** Before the start what would go out, then what did. */
export function ImportCounts({ one }: { one: Import }) {
  const format = useFormat();
  const { counts, startedAt, state } = one;
  const { EmailPermission, SMSPermission } = counts.flags;
  const skipped = Object.entries(counts.skipped);
  const handled = [counts.accepted, counts.waiting, counts.merged, counts.attention, ...skipped.map(([, n]) => n ?? 0)];
  const left = counts.records - handled.reduce((sum, count) => sum + count, 0);
  const rows: [string, number][] = [
    [t('records'), counts.records],
    ...(startedAt === null
      ? [[t('contacts'), counts.contacts] as [string, number]]
      : ([
          [t('accepted'), counts.accepted],
          [t('waiting'), counts.waiting],
        ] as [string, number][])),
    [t('merged'), counts.merged],
    [t('attention'), counts.attention],
    ...skipped.map(([reason, count]): [string, number] => [
      t('skipped', { reason: textIf(`imports.reasons.${reason}`) ?? textAt('imports.reasons.other') }),
      count ?? 0,
    ]),
    ...(startedAt !== null && left > 0
      ? [[textIf(`imports.counts.left.${state}`) ?? t('left.running'), left] as [string, number]]
      : []),
    [t('emailTrue'), EmailPermission.true],
    [t('emailFalse'), EmailPermission.false],
    [t('smsTrue'), SMSPermission.true],
    [t('smsFalse'), SMSPermission.false],
    [t('lists'), counts.lists],
  ];
  return (
    <Card>
      <BlockStack gap="200">
        <Text as="h2" variant="headingMd">
          {startedAt === null ? t('would') : t('did')}
        </Text>
        <DescriptionList
          gap="tight"
          items={rows.map(([term, count]) => ({ term, description: format.number(count) }))}
        />
      </BlockStack>
    </Card>
  );
}
