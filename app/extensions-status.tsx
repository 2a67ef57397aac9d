import { Badge, BlockStack, Button, Card, InlineStack, Link, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { appBridge } from './app-bridge.ts';
import { linkOf, parts, stateOf } from './read-extensions.ts';
import { useSetup } from './setup/use-setup.ts';
import { Failure } from './shell/failure.tsx';
import { Fleeting } from './shell/fleeting.tsx';
import { useShop } from './shell/shop.tsx';
import { textsOf } from './texts.ts';

const t = textsOf('extensions');

/** null: Shopify can't be asked, which only removes the badges. */
async function askShopify() {
  try {
    return (await appBridge()?.app?.extensions()) ?? null;
  } catch {
    return null;
  }
}

const apiKey = () => document.querySelector('meta[name="shopify-api-key"]')?.getAttribute('content') ?? '';

/** Which parts of the app outside its own pages are in use, each with a way to add it. */
export function ExtensionsStatus() {
  const { domain } = useShop();
  const { data = null } = useQuery({ queryKey: ['extensions'], queryFn: askShopify });
  const { setup, hideParts, saving, error } = useSetup();
  if (setup.partsHidden) return null;
  return (
    <Fleeting>
      <Card>
        <BlockStack gap="400">
          <BlockStack gap="100">
            <InlineStack align="space-between" blockAlign="center" gap="200" wrap={false}>
              <Text as="h2" variant="headingMd">
                {t('title')}
              </Text>
              <Button variant="tertiary" onClick={hideParts} loading={saving} accessibilityLabel={t('hideThis')}>
                {t('hide')}
              </Button>
            </InlineStack>
            <Text as="p" tone="subdued">
              {t('text')}
            </Text>
          </BlockStack>
          {error !== null && <Failure error={error} onRetry={hideParts} />}
          {parts.map((part) => {
            const state = stateOf(part, data);
            return (
              <BlockStack gap="100" key={part}>
                <InlineStack gap="200" blockAlign="center">
                  <Text as="h3" variant="headingSm">
                    {t(`parts.${part}.title`)}
                  </Text>
                  {state !== 'unknown' && (
                    <Badge {...(state === 'active' && { tone: 'success' as const })}>{t(`states.${state}`)}</Badge>
                  )}
                </InlineStack>
                <Text as="p">{t(`parts.${part}.text`)}</Text>
                {state === 'unavailable' ? (
                  <Text as="p">{t('unavailable')}</Text>
                ) : (
                  <InlineStack>
                    <Link url={linkOf(part, domain, apiKey())} external>
                      {t(`parts.${part}.action`)}
                    </Link>
                  </InlineStack>
                )}
              </BlockStack>
            );
          })}
        </BlockStack>
      </Card>
    </Fleeting>
  );
}
