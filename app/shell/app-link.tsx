import type { AppProviderProps } from '@shopify/polaris';
import { type ComponentPropsWithoutRef, forwardRef, type MouseEvent } from 'react';
import { hrefOf, navigate } from '../location.ts';

type LinkComponent = NonNullable<AppProviderProps['linkComponent']>;
type Props = ComponentPropsWithoutRef<LinkComponent>;

const isPlainClick = (event: MouseEvent) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** The link that Polaris uses: our pages without a reload, others in a new tab. */
export const AppLink = forwardRef<HTMLAnchorElement, Props>(function AppLink({ url, external, onClick, ...rest }, ref) {
  if (external || /^[a-z]+:/i.test(url)) {
    return <a ref={ref} href={url} target="_blank" rel="noopener noreferrer" onClick={onClick} {...rest} />;
  }
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || !isPlainClick(event) || rest.target === '_blank') return;
    event.preventDefault();
    void navigate(url);
  };
  return <a ref={ref} href={hrefOf(url)} onClick={follow} {...rest} />;
});
