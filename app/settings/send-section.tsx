import { Checkbox } from '@shopify/polaris';
import { TagsField } from '../shell/tags-field.tsx';
import { textsOf } from '../texts.ts';
import { type Draft, nameOf } from './draft.ts';
import { Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const t = textsOf('settings');

export function SendSection({ form }: { form: SettingsForm }) {
  const { send } = form.draft;
  const change = (part: Partial<Draft['send']>) => form.change({ send: { ...send, ...part } });
  return (
    <Section id="send" previews={[]}>
      <Checkbox
        label={t('send.orders')}
        helpText={t('send.ordersHelp')}
        checked={send.orders}
        onChange={(orders) => change({ orders })}
      />
      <Checkbox
        label={t('send.orderDetails')}
        helpText={t('send.orderDetailsHelp')}
        checked={send.orderDetails}
        disabled={!send.orders}
        onChange={(orderDetails) => change({ orderDetails })}
      />
      <Checkbox
        label={t('send.testOrders')}
        helpText={t('send.testOrdersHelp')}
        checked={send.testOrders}
        disabled={!send.orders}
        onChange={(testOrders) => change({ testOrders })}
      />
      <Checkbox
        label={t('send.customers')}
        helpText={t('send.customersHelp')}
        checked={send.customers}
        onChange={(customers) => change({ customers })}
      />
      <TagsField
        label={nameOf('send.excludeChannels')}
        values={send.excludeChannels}
        onChange={(excludeChannels) => change({ excludeChannels })}
        helpText={t('send.channelsHelp')}
        error={form.faults.of('send.excludeChannels')}
      />
    </Section>
  );
}
