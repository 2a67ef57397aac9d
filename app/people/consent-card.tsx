import { Badge, BlockStack, Card, InlineStack, Link, Text } from '@shopify/polaris';
import { useFormat } from '../shell/shop.tsx';
import { textAt, textsOf } from '../texts.ts';
import { type Consent, choiceOf, describeConsent, type ToldChannel } from './describe-consent.ts';

const t = textsOf('people.consent');

/** Reasons that a setting decides. */
const bySetting = new Set(['history_held', 'unticked_box']);

type CardProps = { channel: ToldChannel; consent: Consent; canBeSent: boolean };

/** One channel: what was chosen, what Ascent360 has, and what would be sent now. */
export function ConsentCard({ channel, consent, canBeSent }: CardProps) {
  const format = useFormat();
  const choice = choiceOf(consent);
  const { now } = consent;
  const setting = bySetting.has(now.reason) || (now.reason === 'no_choice' && consent.state === 'subscribed');
  // Nobody but Shopify knows whether it has none, and it may not have been asked.
  const isUnknown = now.reason === 'no_choice' && consent.state === null;
  return (
    <Card>
      <BlockStack gap="200">
        <InlineStack gap="200" blockAlign="center">
          <Text as="h2" variant="headingMd">
            {textAt(`consent.channels.${channel}`)}
          </Text>
          {/** Red is for what went wrong: an opt-out is a choice. */}
          <Badge {...(choice === 'in' && { tone: 'success' })}>{t(`badges.${choice}`)}</Badge>
        </InlineStack>
        {consent.address && (
          <Text as="p" tone="subdued" breakWord>
            {consent.address}
          </Text>
        )}
        <Text as="p">{describeConsent(channel, consent, format)}</Text>
        {canBeSent && (consent.state !== null || consent.address !== null) && (
          <Text as="p">
            <Text as="span" fontWeight="semibold">
              {t('now')}
            </Text>{' '}
            {t(`reasons.${isUnknown ? 'unknown' : now.reason}`)}{' '}
            {setting && <Link url="/settings#consent">{t('settings')}</Link>}
          </Text>
        )}
        {consent.eventId && <Link url={`/activity/${consent.eventId}`}>{t('event')}</Link>}
      </BlockStack>
    </Card>
  );
}
