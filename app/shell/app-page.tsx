import { Box, Page, type PageProps } from '@shopify/polaris';
import { useEffect, useRef } from 'react';
import { textAt } from '../texts.ts';
import { StaleNotice } from './stale.tsx';
import './rows.css';

let shownBefore = false;

/**
 * The frame of every page: Polaris's Page, the document's title and, after navigation, focus at its
 * top, so that keyboard and screen readers continue from there. How far the window is scrolled is
 * decided elsewhere: to the top by `navigate`, by the browser on Back and Forward.
 */
export function AppPage(props: PageProps & { title: string }) {
  const { title, children } = props;
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.title = `${title} · ${textAt('common.appName')}`;
  }, [title]);
  useEffect(() => {
    const isInside = top.current?.contains(document.activeElement);
    if (shownBefore && !isInside) top.current?.focus({ preventScroll: true });
    shownBefore = true;
  }, []);
  return (
    <div ref={top} tabIndex={-1} style={{ outline: 'none' }}>
      <Page {...props}>
        <StaleNotice />
        {children}
        <Box paddingBlockEnd="800" />
      </Page>
    </div>
  );
}
