import { createElement, useEffect } from 'react';
import { hrefOf, navigate } from '../location.ts';
import { textAt } from '../texts.ts';

const pages = ['activity', 'people', 'imports', 'settings', 'privacy'] as const;

/**
 * The app's entries in the admin's own navigation, through App Bridge's `s-app-nav`. Its first
 * entry, the home page, has no line there. A choice arrives as the event `shopify:navigate`.
 */
export function Navigation() {
  useEffect(() => {
    const follow = (event: Event) => {
      const href = event.target instanceof Element ? event.target.getAttribute('href') : null;
      if (href) void navigate(href);
    };
    document.addEventListener('shopify:navigate', follow);
    return () => document.removeEventListener('shopify:navigate', follow);
  }, []);
  return createElement(
    's-app-nav',
    null,
    createElement('s-link', { href: hrefOf('/'), rel: 'home' }, textAt('overview.title')),
    ...pages.map((page) => createElement('s-link', { key: page, href: hrefOf(`/${page}`) }, textAt(`${page}.title`))),
  );
}
