import { TextField } from '@shopify/polaris';
import { textAt } from '../texts.ts';
import type { Draft, Faults } from './draft.ts';

type Names = Pick<Draft, 'sourceName' | 'sourceType'>;

/** The fields for what records are called in Ascent360; on the settings page and in the first steps. */
export const sourceNames = (value: Names, faults: Faults, onChange: (part: Partial<Names>) => void) =>
  (['sourceName', 'sourceType'] as const).map((key) => (
    <TextField
      key={key}
      label={textAt(`settings.fields.${key}`)}
      value={value[key]}
      onChange={(text) => onChange({ [key]: text })}
      helpText={textAt(`settings.source.${key}Help`)}
      error={faults.of(key)}
      maxLength={100}
      autoComplete="off"
    />
  ));
