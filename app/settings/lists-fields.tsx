import { ChoiceList, Select, TextField } from '@shopify/polaris';
import { useState } from 'react';
import { TagsField } from '../shell/tags-field.tsx';
import { textsOf } from '../texts.ts';
import type { Draft, Faults } from './draft.ts';

const t = textsOf('settings');

type Part = Pick<Draft, 'providerType' | 'listIds' | 'listsFor'>;
type Choice = 'none' | '3' | '7' | 'other';

/** The ProviderTypes that Ascent360 documents; any other number can be typed. */
const choiceOf = (providerType: number | null): Choice => {
  if (providerType === null) return 'none';
  return providerType === 3 ? '3' : providerType === 7 ? '7' : 'other';
};

const providers = [
  ['none', 'none'],
  ['3', 'mailchimp'],
  ['7', 'acoustic'],
  ['other', 'other'],
] as const;

/**
 * Provider, list IDs, and who is added to the lists; on the settings page and in the first steps.
 */
export function ListsFields(props: { value: Part; faults: Faults; onChange: (part: Partial<Part>) => void }) {
  const { value, faults, onChange } = props;
  const [choice, setChoice] = useState<Choice>(choiceOf(value.providerType));
  const [number, setNumber] = useState(choiceOf(value.providerType) === 'other' ? String(value.providerType) : '');
  // The number on the page, which may be a named provider's while it is being typed, or one that was saved, discarded or
  // changed elsewhere.
  const isTyped = choice === 'other' && readNumber(number) === value.providerType;
  const shown = isTyped ? 'other' : choiceOf(value.providerType);

  const choose = (next: string) => {
    setChoice(next === 'none' || next === '3' || next === '7' ? next : 'other');
    if (next === 'none') onChange({ providerType: null, listIds: [] });
    else if (next === 'other') onChange({ providerType: readNumber(number) });
    else onChange({ providerType: Number(next) });
  };
  const none = shown === 'none';
  return (
    <>
      <Select
        label={t('fields.providerType')}
        options={providers.map(([value, name]) => ({ value, label: t(`lists.${name}`) }))}
        value={shown}
        onChange={choose}
        error={shown !== 'other' && faults.of('providerType')}
      />
      {shown === 'other' && (
        <TextField
          label={t('lists.number')}
          type="number"
          min={1}
          value={isTyped ? number : String(value.providerType ?? '')}
          onChange={(text) => {
            setNumber(text);
            onChange({ providerType: readNumber(text) });
          }}
          helpText={t('lists.numberHelp')}
          error={faults.of('providerType')}
          autoComplete="off"
        />
      )}
      {!none && (
        <>
          <TagsField
            label={t('fields.listIds')}
            values={value.listIds}
            onChange={(listIds) => onChange({ listIds })}
            helpText={t('lists.idsHelp')}
            error={faults.of('listIds')}
          />
          <ChoiceList
            title={t('fields.listsFor')}
            choices={[
              { value: 'subscribed', label: t('lists.subscribed') },
              { value: 'everyone', label: t('lists.everyone'), helpText: t('lists.forHelp') },
            ]}
            selected={[value.listsFor]}
            onChange={([listsFor]) => onChange({ listsFor: listsFor === 'everyone' ? 'everyone' : 'subscribed' })}
          />
        </>
      )}
    </>
  );
}

/** Text that isn't a number yet is sent as it is, so that the server says what is wrong with it. */
function readNumber(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}
