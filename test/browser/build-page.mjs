/**
 * Builds a page of `pages/` with the checks of React's development build: `node build-page.mjs <page> <output folder>`. It is a
 * program of its own because Vite's bundler does not take objects of Jest's realms.
 */
import { join } from 'node:path';
import { build, defaultClientConditions } from 'vite';

const [, , page, outDir] = process.argv;
const root = join(import.meta.dirname, 'pages', page);
await build({
  root,
  configFile: false,
  logLevel: 'error',
  define: { 'process.env.NODE_ENV': '"development"' },
  resolve: { conditions: ['herald-source', ...defaultClientConditions] },
  build: { outDir, minify: false, rolldownOptions: { input: join(root, 'page.html') } },
});
