/**
 * Bundles an entry point as a page would load it, and writes what comes of it to the standard output, as JSON. In a process of its
 * own, because the bundler can't take objects of jest's realm.
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
