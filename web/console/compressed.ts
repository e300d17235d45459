import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Each file of the page also as brotli and gzip, made once, so that the server only picks one. */
export function compressed(assets: string): Plugin {
  return {
    name: "compressed",
    writeBundle({ dir = "" }) {
      const folder = join(dir, assets);
      for (const name of readdirSync(folder).filter((name) => /\.(js|css|svg)$/.test(name))) {
        const whole = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: whole.length } }));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(whole, { level: 9 }));
      }
    },
  };
}
