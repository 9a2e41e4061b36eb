/**
 * Builds a page of `pages/` with React's development checks: `node build-page.mjs <page> <output folder>`. It is a separate
 * program because Vite's bundler rejects objects from Jest's realms.
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
