import { readFile } from 'node:fs/promises';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * Polaris comes as one style sheet of 500 kB, or, as `.esnext`, with a style sheet per component: taken from there, a page
 * loads the styles of what it shows.
 */
function polarisByComponent(): Plugin {
  return {
    name: 'polaris-by-component',
    apply: 'build',
    enforce: 'pre',
    config: () => ({
      resolve: {
        alias: [
          {
            find: '@shopify/polaris/build/esm/styles.css',
            replacement: path.join(import.meta.dirname, 'app/empty.css'),
          },
          {
            find: /^@shopify\/polaris$/,
            replacement: path.join(import.meta.dirname, 'node_modules/@shopify/polaris/build/esnext/index.esnext'),
          },
        ],
      },
    }),
    load: async (id) => (id.endsWith('.esnext') ? { code: await readFile(id, 'utf8'), moduleType: 'js' } : null),
  };
}

export default defineConfig({
  root: path.join(import.meta.dirname, 'app'),
  plugins: [polarisByComponent(), react()],
  // Assets are named by their content; `dist/` is what production serves.
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
