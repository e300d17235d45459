import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { coreTypes, reactTypes } from "../types.mjs";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

test("what hosts build on changes only on purpose: api.d.ts is what the SDK exports", { timeout: 60_000 }, async () => {
  await expect(`${coreTypes()}\n// @callwell/sdk/react\n\n${reactTypes()}`).toMatchFileSnapshot(here("../api.d.ts"));
});

test("the SDK depends on nothing", () => {
  const declared = JSON.parse(readFileSync(here("../package.json"), "utf8")) as Record<string, unknown>;
  expect(declared["dependencies"]).toBeUndefined();
  expect(declared["peerDependenciesMeta"]).toEqual({ react: { optional: true } });
});
