import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The client comes from its sources: one build, and types that are never out of date.
  resolve: { conditions: ['herald-source', ...defaultClientConditions] },
  build: { outDir: 'dist', emptyOutDir: true },
});
