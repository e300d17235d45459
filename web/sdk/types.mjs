import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateDtsBundle } from "dts-bundle-generator";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));

/** What `@callwell/sdk` exports, and nothing else, as one text. */
export function coreTypes() {
  const [text] = generateDtsBundle([{ filePath: join(here, "src/index.ts"), output: { noBanner: true, sortNodes: true, exportReferencedTypes: false } }], {
    preferredConfigPath: join(here, "tsconfig.json"),
  });
  return text;
}

/** What `@callwell/sdk/react` exports. The core's types are the core's own: a session made there fits here. */
export function reactTypes() {
  const source = readFileSync(join(here, "src/react.ts"), "utf8");
  const { outputText } = ts.transpileDeclaration(source, { fileName: "react.ts", compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } });
  return outputText.replaceAll(/from "\.\/\w+\.js"/g, 'from "./callwell.js"');
}
