import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** For the build (build.ts) and for `npx vite` in this folder, which takes the API from a running environment. */
export default defineConfig({
  root: fileURLToPath(new URL('client', import.meta.url)),
  plugins: [react()],
  logLevel: 'warn',
  build: {
    target: 'baseline-widely-available',
    emptyOutDir: true,
    // Everything goes into the one document (see build.ts): no second file, so nothing to preload.
    modulePreload: false,
    cssCodeSplit: false,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/catalogservice': 'http://127.0.0.1:8080', '/images': 'http://127.0.0.1:8080' },
  },
});
