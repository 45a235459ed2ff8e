import { svelte } from "@sveltejs/vite-plugin-svelte";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";
import { notices } from "./notices";
import { growing } from "./rem";

const PAGE = "../src/streetlamp/desk/page";

// In development the page comes from Vite and everything under /api from a running desk
// (or from dev/mock.py), so cookies and origins are the same as in a real installation.
// STREETLAMP_DESK=http://127.0.0.1:PORT says where that is.
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), notices(["maplibre-gl"], `${PAGE}/licences.md`)],
  css: { postcss: { plugins: [growing()] } },
  build: {
    outDir: PAGE,
    emptyOutDir: true,
    target: "es2022",
    // What light-dark() needs: lowered for older ones it would not follow a nearer color-scheme.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The page is served under `default-src 'self'`: no data: URLs, no inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The notices of what is bundled ship beside it.
    license: { fileName: "licences.md" },
    reportCompressedSize: true,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: loadEnv(mode, ".", "STREETLAMP_")["STREETLAMP_DESK"] ?? "http://127.0.0.1:8600", ws: true } },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    css: true, // the theme's colours are tested
  },
}));
