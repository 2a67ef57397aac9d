import { Banner, Divider, Select, Text } from '@shopify/polaris';
import type { Settings } from '../../server/domain/settings.ts';
import { textAt, textsOf } from '../texts.ts';
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
  /** What both channels have. */
  const common = (channel: 'email' | 'sms', changeIt: typeof changeSms, historyHelp: string) => (
    <>
      <Text as="h3" variant="headingSm">
        {textAt(`consent.channels.${channel}`)}
      </Text>
      <Choice
        label={t('optInLevel')}
        values={levels}
        nameOf={(one) => t(`levels.${one}`)}
        value={draft.consent[channel].optInLevel}
        onChange={(optInLevel) => changeIt({ optInLevel })}
        error={faults.of(`consent.${channel}.optInLevel`)}
      />
      <Choice
        label={t('history')}
        values={histories}
        nameOf={(one) => t(`histories.${one}`)}
        value={draft.consent[channel].history}
        onChange={(history) => changeIt({ history })}
        helpText={historyHelp}
        error={faults.of(`consent.${channel}.history`)}
      />
    </>
  );
  return (
    <Section id="consent" previews={['EmailPermission', 'SMSPermission']}>
      {common('email', changeEmail, t('historyHelp'))}
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
      {common('sms', changeSms, t('smsHistoryHelp'))}
      {sms.history === 'all' && <Banner tone="warning">{t('smsAllWarning')}</Banner>}
    </Section>
  );
}
