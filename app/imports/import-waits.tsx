import { BlockStack, Link, Text } from '@shopify/polaris';
import { useFormat } from '../shell/shop.tsx';
import { say, textsOf } from '../texts.ts';
import type { Import } from './import-types.ts';

const t = textsOf('imports');

/** Why part of an import isn't being sent now, each with the page that helps, if one does. */
export function ImportWaits({ waits }: Pick<Import, 'waits'>) {
  const format = useFormat();
  if (waits.length === 0) return null;
  return (
    <BlockStack gap="100">
      {waits.map(({ reason, text, action }) => (
        <Text key={reason} as="p">
          {say(text, format)}
          {action && (
            <>
              {' '}
              <Link url={`/${action}`}>{t(`waits.${action}`)}</Link>
            </>
          )}
        </Text>
      ))}
    </BlockStack>
  );
}
