import { ButtonGroup, Text } from '@shopify/polaris';
import type { ReactNode } from 'react';
import './choices.css';

/** Buttons one of which is chosen, called so for those who do not see them side by side. */
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
