import { BlockStack, Button, InlineStack, Tag, TextField } from '@shopify/polaris';
import { useState } from 'react';
import { textAt } from '../texts.ts';
import { useEnter } from './use-enter.ts';

type Props = {
  label: string;
  values: readonly string[];
  onChange: (values: string[]) => void;
  helpText?: string;
  error?: string | false;
  disabled?: boolean;
};

const split = (text: string) =>
  text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A list of texts: typed one by one or pasted with commas, shown as removable tags. */
export function TagsField({ label, values, onChange, helpText, error, disabled = false }: Props) {
  const [typed, setTyped] = useState('');
  const take = (text: string) => {
    setTyped('');
    const added = split(text).filter((value, index, all) => !values.includes(value) && all.indexOf(value) === index);
    if (added.length > 0) onChange([...values, ...added]);
  };
  const remove = (value: string) => {
    // Its button goes with it: the keyboard continues at the field.
    if (document.activeElement?.matches(':focus-visible')) document.getElementById(id)?.focus();
    onChange(values.filter((other) => other !== value));
  };
  const id = useEnter(() => {
    if (typed.trim() === '') return false;
    take(typed);
    return true;
  });
  return (
    <BlockStack gap="200">
      <TextField
        id={id}
        label={label}
        value={typed}
        onChange={(text) => (/[,;\n]/.test(text) ? take(text) : setTyped(text))}
        // Typed text is not lost if it was never added.
        onBlur={() => take(typed)}
        autoComplete="off"
        disabled={disabled}
        {...(helpText && { helpText })}
        {...(error && { error })}
        connectedRight={
          <Button onClick={() => take(typed)} disabled={disabled || typed.trim() === ''}>
            {textAt('common.add')}
          </Button>
        }
      />
      {values.length > 0 && (
        <InlineStack gap="100">
          {values.map((value) => (
            <Tag key={value} onRemove={() => remove(value)} disabled={disabled}>
              {value}
            </Tag>
          ))}
        </InlineStack>
      )}
    </BlockStack>
  );
}
