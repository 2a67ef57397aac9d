import { Text } from '@shopify/polaris';
import type { FieldReason } from '../../../server/domain/states.ts';
import { knownTopic } from '../../activity/state-badge.tsx';
import { useFormat } from '../../shell/shop.tsx';
import { say, textsOf } from '../../texts.ts';
import { valueAt } from './value-at.ts';

const t = textsOf('settings.preview');

/** Where a value came from: a field of the message, or a kind of event by its name. */
const placeOf = (from: string): string => knownTopic(from.split(' ')[0] ?? '') ?? from;

/** Each key of a payload with its value, where it came from, and why it is included or left out. */
export function PayloadReasons({ payload, fields }: { payload: object | null; fields: readonly FieldReason[] }) {
  const format = useFormat();
  return (
    <div style={{ overflowX: 'auto' }}>
      <table style={{ width: '100%', borderCollapse: 'collapse', textAlign: 'left', fontSize: '0.8125rem' }}>
        <caption style={{ textAlign: 'left', paddingBlockEnd: 8 }}>
          <Text as="span" variant="headingSm">
            {t('reasons')}
          </Text>
        </caption>
        <thead>
          <tr>
            {[t('key'), t('value'), t('reason')].map((name) => (
              <th key={name} scope="col" style={cell}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map(({ key, from, text }) => {
            const value = valueAt(payload, key);
            return (
              <tr key={key}>
                <th scope="row" style={{ ...cell, fontWeight: value === null ? 400 : 600 }}>
                  {key}
                </th>
                <td style={{ ...cell, overflowWrap: 'anywhere', minWidth: '7rem', maxWidth: '16rem' }}>
                  {value === null ? (
                    <Text as="span" tone="subdued">
                      {t('leftOut')}
                    </Text>
                  ) : (
                    value
                  )}
                </td>
                <td style={{ ...cell, minWidth: '10rem' }}>
                  {say(text, format)}
                  {from && (
                    <Text as="p" tone="subdued" variant="bodySm">
                      {placeOf(from)}
                    </Text>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const cell = {
  padding: '8px 12px 8px 0',
  verticalAlign: 'top',
  borderBlockEnd: '1px solid var(--p-color-border-secondary)',
} as const;
