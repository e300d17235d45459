// The SDK as it is published (dist/) and as our own server serves it (pages/sdk/): one module, and its types in one file.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { coreTypes, reactTypes } from "./types.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const pages = join(here, "../../src/callwell/pages/sdk");

for (const [name, entry, external, types] of [
  ["callwell", "src/index.ts", [], coreTypes],
  ["react", "src/react.ts", ["react", /^\.\.?\/(?!react)/], reactTypes],
]) {
  await build({
    root: here,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir: "dist",
      emptyOutDir: name === "callwell",
      minify: true,
      target: ["es2022", "chrome107", "firefox113", "safari16.4"],
      lib: { entry: join(here, entry), formats: ["es"], fileName: () => `${name}.js` },
      rolldownOptions: { external, output: { minify: true, paths: (id) => (/^react$/.test(id) ? id : "./callwell.js") } },
    },
  });
  writeFileSync(join(here, "dist", `${name}.d.ts`), types());
}

mkdirSync(pages, { recursive: true });
for (const file of ["callwell.js", "callwell.d.ts"]) copyFileSync(join(here, "dist", file), join(pages, file));
console.log(`callwell.js: ${(readFileSync(join(pages, "callwell.js")).length / 1024).toFixed(1)} kB`);
