import type { Import } from './imports.ts';

type Translate = (key: string, values?: Record<string, string | number>) => string;

const REASONS = ['nothing_new', 'no_contact', 'deleted_person', 'redacted', 'topic_off'];

/** What would be sent, what would not and why, and what it may trigger. */
export function Count({ counts, t }: { counts: Import['counts']; t: Translate }) {
  const { contacts, skipped, flags, lists, smsOptInTexts } = counts;
  const lines = [
    ...(['EmailPermission', 'SMSPermission'] as const).flatMap((key) => [
      flags[key].true > 0 ? t(`flag.${key}.yes`, { count: flags[key].true }) : '',
      flags[key].false > 0 ? t(`flag.${key}.no`, { count: flags[key].false }) : '',
    ]),
    lists > 0 ? t('lists', { count: lists }) : '',
  ].filter((line) => line !== '');
  const left = Object.entries(skipped).filter(([, count]) => count > 0);
  return (
    <s-stack gap="base">
      <s-text type="strong">{t('contacts', { count: contacts })}</s-text>
      {lines.length > 0 && (
        <s-unordered-list>
          {lines.map((line) => (
            <s-list-item key={line}>{line}</s-list-item>
          ))}
        </s-unordered-list>
      )}
      {left.length > 0 && (
        <s-stack gap="small">
          <s-text>{t('skipped_heading')}</s-text>
          <s-unordered-list>
            {left.map(([reason, count]) => (
              <s-list-item key={reason}>
                {t(`skipped.${REASONS.includes(reason) ? reason : 'other'}`, { count })}
              </s-list-item>
            ))}
          </s-unordered-list>
        </s-stack>
      )}
      {contacts > 0 && <s-banner tone="warning">{t('warning.mails')}</s-banner>}
      {smsOptInTexts > 0 && <s-banner tone="warning">{t('warning.texts', { count: smsOptInTexts })}</s-banner>}
    </s-stack>
  );
}
