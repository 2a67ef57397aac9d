import { Banner, BlockStack, Divider, Select, Text } from '@shopify/polaris';
import type { Settings } from '../../server/domain/settings.ts';
import { textsOf } from '../texts.ts';
import { Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const t = textsOf('settings.consent');

type Level = Settings['consent']['sms']['optInLevel'];
type History = Settings['consent']['sms']['history'];

const levels = ['any', 'single', 'confirmed'] as const satisfies readonly Level[];
const histories = ['none', 'optOuts', 'all'] as const satisfies readonly History[];
const boxes = ['send', 'leaveOut'] as const;

/** One of a fixed set of values, in words. */
function Choice<Value extends string>(props: {
  label: string;
  values: readonly Value[];
  nameOf: (value: Value) => string;
  value: Value;
  onChange: (value: Value) => void;
  helpText?: string;
  error?: string | false;
}) {
  const { label, values, nameOf, value, onChange, helpText, error } = props;
  return (
    <Select
      label={label}
      options={values.map((one) => ({ value: one, label: nameOf(one) }))}
      value={value}
      onChange={(chosen) => {
        const known = values.find((one) => one === chosen);
        if (known !== undefined) onChange(known);
      }}
      {...(helpText && { helpText })}
      {...(error && { error })}
    />
  );
}

export function ConsentSection({ form }: { form: SettingsForm }) {
  const { draft, faults, change } = form;
  const { email, sms } = draft.consent;
  const changeEmail = (part: Partial<typeof email>) => change({ consent: { email: { ...email, ...part }, sms } });
  const changeSms = (part: Partial<typeof sms>) => change({ consent: { email, sms: { ...sms, ...part } } });
  return (
    <Section id="consent" previews={['EmailPermission', 'SMSPermission']}>
      <Text as="h3" variant="headingSm">
        {t('email')}
      </Text>
      <Choice
        label={t('optInLevel')}
        values={levels}
        nameOf={(one) => t(`levels.${one}`)}
        value={email.optInLevel}
        onChange={(optInLevel) => changeEmail({ optInLevel })}
        error={faults.of('consent.email.optInLevel')}
      />
      <Choice
        label={t('history')}
        values={histories}
        nameOf={(one) => t(`histories.${one}`)}
        value={email.history}
        onChange={(history) => changeEmail({ history })}
        helpText={t('historyHelp')}
        error={faults.of('consent.email.history')}
      />
      <Choice
        label={t('untickedBox')}
        values={boxes}
        nameOf={(one) => t(`unticked.${one}`)}
        value={email.untickedBox}
        onChange={(untickedBox) => changeEmail({ untickedBox })}
        helpText={t('untickedHelp')}
        error={faults.of('consent.email.untickedBox')}
      />
      <Divider />
      <Text as="h3" variant="headingSm">
        {t('sms')}
      </Text>
      <Choice
        label={t('optInLevel')}
        values={levels}
        nameOf={(one) => t(`levels.${one}`)}
        value={sms.optInLevel}
        onChange={(optInLevel) => changeSms({ optInLevel })}
        error={faults.of('consent.sms.optInLevel')}
      />
      <BlockStack gap="200">
        <Choice
          label={t('history')}
          values={histories}
          nameOf={(one) => t(`histories.${one}`)}
          value={sms.history}
          onChange={(history) => changeSms({ history })}
          helpText={t('smsHistoryHelp')}
          error={faults.of('consent.sms.history')}
        />
        {sms.history === 'all' && <Banner tone="warning">{t('smsAllWarning')}</Banner>}
      </BlockStack>
    </Section>
  );
}
