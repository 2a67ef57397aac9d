import { DescriptionList } from '@shopify/polaris';
import type { ReactNode } from 'react';

/** What is known, as terms with what each is; those without anything are left out. */
export const Facts = ({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) => (
  <DescriptionList
    gap="tight"
    items={rows.flatMap(([term, description]) => (description ? [{ term, description }] : []))}
  />
);
