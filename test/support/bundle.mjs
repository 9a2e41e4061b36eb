/**
 * Bundles an entry point as a page would load it, and prints the result as JSON. It runs in its own process
 * because the bundler can't handle objects from Jest's realm.
 */
import { build } from 'vite';

const { output } = await build({
  configFile: false,
  logLevel: 'silent',
  build: {
    write: false,
    minify: true,
    modulePreload: false,
    rolldownOptions: { input: process.argv[2], preserveEntrySignatures: 'strict' },
  },
});
const chunks = output.map(({ code, exports, imports, dynamicImports }) => ({
  code,
  exports,
  imports: [...imports, ...dynamicImports],
}));
process.stdout.write(JSON.stringify(chunks));
