/**
 * A stand-in for Shopify's App Bridge, for development, the demo and tests: what the pages use of it, with the admin's
 * navigation and save bar drawn into the page. Served by test/fakes/stand-in-front.ts only; no build contains it.
 * ID tokens come from /stand-in/id-token, signed with the stand-in's secret.
 */
(() => {
  const query = new URLSearchParams(location.search);
  const shop = query.get('shop') ?? document.currentScript?.dataset.shop ?? '';
  const style = document.createElement('style');
  style.textContent = `
    s-app-nav { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 8px 16px; background: #1a1a1a; font: 13px/20px Inter, sans-serif; }
    s-app-nav s-link { color: #e3e3e3; cursor: pointer; }
    s-app-nav s-link:hover, s-app-nav s-link:focus-visible { color: #fff; text-decoration: underline; }
    ui-save-bar { display: none; position: sticky; top: 0; z-index: 900; gap: 8px; align-items: center; padding: 8px 16px;
      background: #303030; color: #fff; font: 13px/20px Inter, sans-serif; }
    ui-save-bar[showing] { display: flex; }
    ui-save-bar::before { content: 'Unsaved changes'; flex: 1; }
    ui-save-bar button { padding: 6px 12px; border: 0; border-radius: 8px; font: inherit; color: #fff; background: #4a4a4a; }
    ui-save-bar button[variant='primary'] { color: #1a1a1a; background: #fff; }
    #stand-in-toast { position: fixed; bottom: 24px; left: 50%; transform: translateX(-50%); z-index: 900; padding: 8px 16px;
      border-radius: 8px; background: #1a1a1a; color: #fff; font: 13px/20px Inter, sans-serif; }
    #stand-in-toast:empty { display: none; }`;
  document.head.append(style);

  customElements.define(
    's-app-nav',
    class extends HTMLElement {
      connectedCallback() {
        this.setAttribute('role', 'navigation');
        this.setAttribute('aria-label', 'Shopify admin');
      }
    },
  );
  customElements.define(
    's-link',
    class extends HTMLElement {
      connectedCallback() {
        this.setAttribute('role', 'link');
        this.tabIndex = 0;
        const follow = () => this.dispatchEvent(new CustomEvent('shopify:navigate', { bubbles: true, composed: true }));
        this.onclick = follow;
        this.onkeydown = (event) => {
          if (event.key === 'Enter') follow();
        };
      }
    },
  );
  const nameOf = { primary: 'Save' };
  customElements.define(
    'ui-save-bar',
    class extends HTMLElement {
      connectedCallback() {
        this.setAttribute('role', 'region');
        this.setAttribute('aria-label', 'Unsaved changes');
        // Its buttons have no text of their own: the admin names them.
        queueMicrotask(() => {
          for (const button of this.querySelectorAll('button')) {
            if (button.textContent === '') button.textContent = nameOf[button.getAttribute('variant')] ?? 'Discard';
          }
        });
      }
    },
  );

  const toast = document.createElement('div');
  toast.id = 'stand-in-toast';
  toast.setAttribute('role', 'status');
  document.addEventListener('DOMContentLoaded', () => document.body.append(toast));
  let toastTimer;

  const bar = (id) => document.getElementById(id);
  window.shopify = {
    config: { shop, locale: query.get('locale') ?? navigator.language },
    idToken: async () => {
      const response = await fetch(`/stand-in/id-token?shop=${encodeURIComponent(shop)}`);
      if (!response.ok) throw new Error('No ID token');
      return await response.text();
    },
    toast: {
      show: (message, { duration = 5000 } = {}) => {
        toast.textContent = message;
        clearTimeout(toastTimer);
        toastTimer = setTimeout(() => {
          toast.textContent = '';
        }, duration);
      },
    },
    saveBar: {
      show: async (id) => bar(id)?.setAttribute('showing', ''),
      hide: async (id) => bar(id)?.removeAttribute('showing'),
      leaveConfirmation: async () => {
        const shown = document.querySelector('ui-save-bar[showing]');
        if (!shown) return;
        if (!confirm('Leave page with unsaved changes?')) await new Promise(() => {});
        shown.removeAttribute('showing');
      },
    },
    loading: () => {},
    webVitals: {
      onReport: async (callback) => {
        window.standInReport = callback;
      },
    },
    app: { extensions: async () => window.standInExtensions ?? [] },
  };
})();
