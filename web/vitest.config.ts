import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["*/test/**/*.test.ts", "*/test/**/*.test.tsx"],
    testTimeout: 60_000,
    maxWorkers: "100%", // most of them wait
    restoreMocks: true,
    unstubGlobals: true,
  },
});
