import { Banner } from '@shopify/polaris';
import { Component, type ReactNode } from 'react';
import { textAt } from '../texts.ts';
import { AppPage } from './app-page.tsx';

/** Keeps a bug on one page from leaving an empty frame. A new `page` is a new try. */
export class ErrorBoundary extends Component<{ page: string; children: ReactNode }, { failed: string | null }> {
  override state: { failed: string | null } = { failed: null };

  override componentDidCatch() {
    this.setState({ failed: this.props.page });
  }

  static getDerivedStateFromError() {
    return {};
  }

  override render() {
    if (this.state.failed !== this.props.page) return this.props.children;
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
