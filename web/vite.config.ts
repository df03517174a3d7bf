import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** In development the API and the sign-in pages come from a running server; in production it serves the build itself. */
const server = process.env['PAYORCRM_URL'] ?? 'http://127.0.0.1:8080';
const proxied = ['/v1', '/sign-in', '/sign-out', '/openapi.json', '/docs', '/f', '/i'];

export default defineConfig({
  root: import.meta.dirname,
  base: '/app/',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // `light-dark()` carries both themes: it must reach the browser as written
    cssTarget: ['chrome123', 'safari17.5', 'firefox121'],
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, { target: server, changeOrigin: false }])) },
});
