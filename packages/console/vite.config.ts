import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2024',
    // Browsers that know light-dark() as it stands: the theme is written with it.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Every asset is a file of our own origin: no data: URLs, so that a strict content policy can hold.
    assetsInlineLimit: 0,
    // The whole console is one file: about 160 kB gzip.
    chunkSizeWarningLimit: 1_200,
  },
  // `vite packages/console` while working on the console: a running control plane answers the API.
  server: { proxy: { '/api': process.env['ALWAYSON_CONSOLE'] ?? 'http://localhost:8900' } },
});
