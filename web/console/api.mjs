// The types of our own API, made from its description: `npm run api -w console`, after the API has changed.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));
const told = execFileSync(".venv/bin/python", ["-m", "tests.client.description"], { cwd: root, maxBuffer: 1 << 26 });
const types = astToString(await openapiTS(told, { alphabetize: true }));
const file = fileURLToPath(new URL("src/api/schema.d.ts", import.meta.url));
writeFileSync(process.argv[2] ?? file, `// Made from the API's description by \`npm run api\`.\n\n${types}`);
