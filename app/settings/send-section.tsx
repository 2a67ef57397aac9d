import { Checkbox } from '@shopify/polaris';
import { TagsField } from '../shell/tags-field.tsx';
import { textsOf } from '../texts.ts';
import { type Draft, nameOf } from './draft.ts';
import { Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const t = textsOf('settings');

const records = ['orders', 'orderDetails', 'testOrders', 'customers'] as const;
/** They say nothing without orders. */
const ofOrders: readonly string[] = ['orderDetails', 'testOrders'];

export function SendSection({ form }: { form: SettingsForm }) {
  const { send } = form.draft;
  const change = (part: Partial<Draft['send']>) => form.change({ send: { ...send, ...part } });
  return (
    <Section id="send" previews={[]}>
      {records.map((key) => (
        <Checkbox
          key={key}
          label={t(`send.${key}`)}
          helpText={t(`send.${key}Help`)}
          checked={send[key]}
          disabled={ofOrders.includes(key) && !send.orders}
          onChange={(chosen) => change({ [key]: chosen })}
        />
      ))}
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
