import { BlockStack, Button, InlineStack, Tag, TextField } from '@shopify/polaris';
import { type ClipboardEvent, useState } from 'react';
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

const separators = ',;、，；\\t\\r\\n';
/** A part in quotation marks, of any language and perhaps not closed yet: a separator between them is none. */
const quoted = `(?<=^|[${separators}])\\s*["“„«]([^"“”»\\t\\r\\n]*)["“”»]?\\s*(?=[${separators}]|$)`;
const PARTS = new RegExp(`${quoted}|[^${separators}]+`, 'g');

/** Also a list as code has it, `["2127849", "2127850"]`: Ascent360 writes its samples like that. */
const split = (text: string) =>
  [...text.replace(/^\s*\[(\s*["\d].*)\]\s*$/s, '$1').matchAll(PARTS)]
    .map(([part, inside = part]) => inside.trim())
    .filter((part) => part !== '');

const isSeveral = (text: string) => new RegExp(`[${separators}]`).test(text.replaceAll(new RegExp(quoted, 'g'), ''));

/** A list of texts: typed one by one or several pasted at once, shown as removable tags. */
export function TagsField({ label, values, onChange, helpText, error, disabled = false }: Props) {
  const [typed, setTyped] = useState('');
  const take = (text: string) => {
    setTyped('');
    const added = split(text).filter((value, index, all) => !values.includes(value) && all.indexOf(value) === index);
    if (added.length > 0) onChange([...values, ...added]);
  };
  /** Several lines, as of a spreadsheet: in a field of one line the browser would make them one text. */
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text');
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    take(`${typed}\n${text}`);
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
      <div onPaste={paste}>
        <TextField
          id={id}
          label={label}
          value={typed}
          onChange={(text) => (isSeveral(text) ? take(text) : setTyped(text))}
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
      </div>
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
