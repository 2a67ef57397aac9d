import { ButtonGroup, Text } from '@shopify/polaris';
import type { ReactNode } from 'react';
import './choices.css';

/**
 * Buttons of which one is chosen, labelled as a group for people who can't see them side by side.
 */
export function Choices({
  label,
  segmented = false,
  children,
}: {
  label: string;
  segmented?: boolean;
  children: ReactNode;
}) {
  return (
    <fieldset className="choices">
      <Text as="legend" visuallyHidden>
        {label}
      </Text>
      <ButtonGroup {...(segmented && { variant: 'segmented' })}>{children}</ButtonGroup>
    </fieldset>
  );
}
