import { Banner } from '@shopify/polaris';
import { Component, type ReactNode } from 'react';
import { textAt } from '../texts.ts';
import { AppPage } from './app-page.tsx';

/**
 * Keeps a bug on one page, or code of it that can't be loaded, from leaving an empty frame. Another
 * `key` is a new try.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <AppPage title={textAt('common.appName')}>
        <Banner
          tone="critical"
          title={textAt('common.crashed.title')}
          action={{ content: textAt('common.reload'), onAction: () => window.location.reload() }}
        >
          {textAt('common.crashed.text')}
        </Banner>
      </AppPage>
    );
  }
}
