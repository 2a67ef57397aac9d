import { BlockStack, Box, Button, InlineStack, Select, Text, TextField } from '@shopify/polaris';
import { useId, useRef } from 'react';
import type { ListSource } from '../../server/domain/settings.ts';
import { TagsField } from '../shell/tags-field.tsx';
import { textsOf } from '../texts.ts';
import type { Faults } from './draft.ts';

const t = textsOf('settings.mapping');

type From = ListSource['from'];

const empty: Record<From, ListSource> = {
  metafield: { from: 'metafield', key: '' },
  tag: { from: 'tag', prefix: '' },
  text: { from: 'text', values: [] },
};

const isFrom = (text: string): text is From => text in empty;

type SourceProps = {
  label: string;
  path: string;
  value: ListSource | null;
  kinds: readonly From[];
  faults: Faults;
  onChange: (value: ListSource | null) => void;
  /** Whether it may be empty. */
  optional: boolean;
};

/** Where one value comes from: a metafield, tags with a prefix, or a fixed text. */
export function SourceField({ label, path, value, kinds, faults, onChange, optional }: SourceProps) {
  const options = [
    ...(optional ? [{ value: 'none', label: t('sources.none') }] : []),
    ...kinds.map((kind) => ({ value: kind, label: t(`sources.${kind}`) })),
  ];
  return (
    <BlockStack gap="200">
      <Select
        label={label}
        options={options}
        value={value?.from ?? 'none'}
        onChange={(chosen) => onChange(isFrom(chosen) ? empty[chosen] : null)}
        error={value === null && faults.of(path)}
      />
      {value?.from === 'metafield' && (
        <TextField
          label={t('metafield', { label })}
          value={value.key}
          onChange={(key) => onChange({ from: 'metafield', key })}
          helpText={t('metafieldHelp')}
          error={faults.of(path)}
          autoComplete="off"
        />
      )}
      {value?.from === 'tag' && (
        <TextField
          label={t('prefix', { label })}
          value={value.prefix}
          onChange={(prefix) => onChange({ from: 'tag', prefix })}
          helpText={t('prefixHelp')}
          error={faults.of(path)}
          autoComplete="off"
        />
      )}
      {value?.from === 'text' && (
        <TagsField
          label={t('values', { label })}
          values={value.values}
          onChange={(values) => onChange({ from: 'text', values })}
          helpText={t('valuesHelp')}
          error={faults.of(path)}
        />
      )}
    </BlockStack>
  );
}

/** Any number of sources, whose values are sent together. */
export function SourcesField(props: {
  label: string;
  path: string;
  values: readonly ListSource[];
  faults: Faults;
  onChange: (values: ListSource[]) => void;
}) {
  const { label, path, values, faults, onChange } = props;
  // A row keeps its fields when another is removed: rows have numbers of their own.
  const numbers = useRef<number[]>([]);
  const next = useRef(0);
  const add = useId();
  while (numbers.current.length < values.length) numbers.current.push(next.current++);
  numbers.current.length = values.length;
  return (
    <BlockStack gap="200">
      <InlineStack align="space-between" blockAlign="center">
        <Text as="h3" variant="headingSm">
          {label}
        </Text>
        <Button
          id={add}
          variant="plain"
          onClick={() => onChange([...values, empty.tag])}
          accessibilityLabel={t('addSourceTo', { label })}
        >
          {t('addSource')}
        </Button>
      </InlineStack>
      {values.length === 0 && (
        <Text as="p" tone={faults.of(path) ? 'critical' : 'subdued'}>
          {faults.of(path) || t('noSource')}
        </Text>
      )}
      {values.map((value, index) => (
        <Box key={numbers.current[index]} background="bg-surface-secondary" padding="300" borderRadius="200">
          <BlockStack gap="200">
            <SourceField
              label={t('numbered', { label, number: index + 1 })}
              path={`${path}.${index}`}
              value={value}
              kinds={['tag', 'metafield', 'text']}
              faults={faults}
              optional={false}
              onChange={(changed) => onChange(values.map((one, at) => (at === index && changed ? changed : one)))}
            />
            <InlineStack align="end">
              <Button
                variant="plain"
                tone="critical"
                accessibilityLabel={t('removeSourceFrom', { label: t('numbered', { label, number: index + 1 }) })}
                onClick={() => {
                  // This button goes with its row.
                  document.getElementById(add)?.focus();
                  numbers.current.splice(index, 1);
                  onChange(values.filter((_, at) => at !== index));
                }}
              >
                {t('removeSource')}
              </Button>
            </InlineStack>
          </BlockStack>
        </Box>
      ))}
    </BlockStack>
  );
}
