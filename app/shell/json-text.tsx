import { Box } from '@shopify/polaris';

/** JSON as text that can be scrolled with the keyboard and copied. */
export function JsonText({ label, value }: { label: string; value: unknown }) {
  return (
    <Box background="bg-surface-secondary" borderRadius="200" padding="300">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard (WCAG 2.1.1) */}
      <section aria-label={label} tabIndex={0} style={{ overflow: 'auto', maxHeight: '28rem' }}>
        <pre style={{ margin: 0, fontSize: '0.75rem', lineHeight: '1.125rem' }}>{JSON.stringify(value, null, 2)}</pre>
      </section>
    </Box>
  );
}
