import { Page, type PageProps } from '@shopify/polaris';
import { useEffect, useRef } from 'react';
import { textAt } from '../texts.ts';
import { StaleNotice } from './stale.tsx';
import './rows.css';

let shownBefore = false;

/**
 * The frame of every page: Polaris's Page, the document's title and, after navigation, focus at its
 * top, so that keyboard and screen readers continue from there.
 */
export function AppPage(props: PageProps & { title: string }) {
  const { title, children } = props;
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.title = `${title} · ${textAt('common.appName')}`;
  }, [title]);
  useEffect(() => {
    if (shownBefore) top.current?.focus();
    shownBefore = true;
  }, []);
  return (
    <div ref={top} tabIndex={-1} style={{ outline: 'none' }}>
      <Page {...props}>
        <StaleNotice />
        {children}
      </Page>
    </div>
  );
}
