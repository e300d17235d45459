import { defineConfig } from "vite";

/** Everything from our own origin, in files: the pages' content security policy allows nothing inline. */
export default defineConfig({
  resolve: { conditions: ["source"] },
  build: {
    outDir: "../../src/callwell/pages/room",
    emptyOutDir: true,
    assetsDir: "assets/room",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["es2022", "chrome107", "firefox113", "safari16.4"],
  },
});
