import { AppProvider } from '@shopify/polaris';
import '@shopify/polaris/build/esm/styles.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { usePageLocation } from './location.ts';
import { readLocale } from './read-locale.ts';
import { Routes } from './routes.tsx';
import './shell/forced-colors.css';
import { AppLink } from './shell/app-link.tsx';
import { Navigation } from './shell/navigation.tsx';
import { createQueryClient } from './shell/query-client.ts';
import { ShopProvider } from './shell/shop-provider.tsx';
import { startTexts } from './texts.ts';
import { reportVitals } from './web-vitals.ts';

reportVitals();
const place = document.getElementById('app');
if (place) {
  const locale = readLocale(window.location.search, navigator.languages);
  document.documentElement.lang = locale;
  const polaris = await startTexts(locale);
  createRoot(place).render(
    <StrictMode>
      <AppProvider i18n={polaris} linkComponent={AppLink}>
        <QueryClientProvider client={createQueryClient()}>
          <Router hook={usePageLocation}>
            <Navigation />
            <ShopProvider>
              <Routes />
            </ShopProvider>
          </Router>
        </QueryClientProvider>
      </AppProvider>
    </StrictMode>,
  );
}
