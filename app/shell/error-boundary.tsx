import { Banner } from '@shopify/polaris';
import { Component, type ReactNode } from 'react';
import { textAt } from '../texts.ts';
import { AppPage } from './app-page.tsx';
import { reload } from './reload.ts';

/**
 * Keeps a bug on one page, or code of it that can't be loaded, from leaving an empty frame. Another
 * `key` is a new try.
 * @param part only a part of the page is inside: the rest of the page stays
 */
export class ErrorBoundary extends Component<{ children: ReactNode; part?: boolean }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    const { children, part = false } = this.props;
    if (!this.state.hasFailed) return children;
    return part ? (
      <Banner tone="critical" action={reload()}>
        {textAt('common.notLoaded')}
      </Banner>
    ) : (
      <AppPage title={textAt('common.appName')}>
        <Banner tone="critical" title={textAt('common.crashed.title')} action={reload()}>
          {textAt('common.crashed.text')}
        </Banner>
      </AppPage>
    );
  }
}
