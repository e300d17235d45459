// The pages of the API's description, from our own files.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const pages = join(here, "../../src/callwell/pages/openapi");

mkdirSync(pages, { recursive: true });
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"]) copyFileSync(join(swagger, file), join(pages, file));
for (const file of ["index.html", "start.js"]) copyFileSync(join(here, file), join(pages, file));
