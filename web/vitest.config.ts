import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["*/test/**/*.test.ts", "*/test/**/*.test.tsx"],
    testTimeout: 60_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
