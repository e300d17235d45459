import { defineConfig } from "vite";
import { compressed } from "./compressed.js";

const ASSETS = "assets/console";

/**
 * Everything from our own origin, in files. The server puts a nonce in the place of `cspNonce` each time it gives out the page: the styles that
 * Mantine makes while it runs carry it, and nothing else inline is allowed.
 */
export default defineConfig({
  resolve: { conditions: ["source"] },
  plugins: [compressed(ASSETS)],
  html: { cspNonce: "nonce-of-this-answer" },
  build: {
    outDir: "../../src/callwell/pages/console",
    emptyOutDir: true,
    assetsDir: ASSETS,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    // "use client" is for servers that render pages.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
    target: ["es2022", "chrome107", "firefox113", "safari16.4"],
  },
});
