import { Box, Scrollable } from '@shopify/polaris';

/** JSON as text that can be scrolled by keyboard and copied. */
export function JsonText({ label, value }: { label: string; value: unknown }) {
  return (
    <Box background="bg-surface-secondary" borderRadius="200" padding="300">
      <Scrollable focusable role="region" aria-label={label} style={{ maxHeight: '28rem' }}>
        <pre style={{ margin: 0, fontSize: '0.75rem', lineHeight: '1.125rem' }}>{JSON.stringify(value, null, 2)}</pre>
      </Scrollable>
    </Box>
  );
}
