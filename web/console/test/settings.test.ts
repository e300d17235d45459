// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { grouped, type Setting, withEdit } from "../src/pages/settings/catalogue.js";

function setting(name: string, value: Setting["value"], source: Setting["source"] = "default"): Setting {
  return { name, value, source, default: value, levels: ["deployment"], type: "integer", least: 1, most: 10, one_of: [], sentence: `About ${name}.` };
}

const ALL = ["chat_enabled", "join_early_minutes", "sample_seconds", "retention_audit_days", "billing_units", "something_new"].map((name) => setting(name, 5));

test("every setting stands in one group, also one that nobody knew of", () => {
  const groups = grouped(ALL, "");
  expect(groups.map(([group, inside]) => [group, ...inside.map(({ name }) => name)])).toEqual([
    ["people", "chat_enabled"],
    ["times", "join_early_minutes"],
    ["quality", "sample_seconds"],
    ["privacy", "retention_audit_days"],
    ["billing", "billing_units"],
    ["other", "something_new"],
  ]);
});

test("those are found in which all the words are", () => {
  expect(grouped(ALL, "early JOIN").flatMap(([, inside]) => inside.map(({ name }) => name))).toEqual(["join_early_minutes"]);
  expect(grouped(ALL, "nowhere")).toEqual([]);
});

test("what says what holds already is no change", () => {
  const [chosen, standard] = [setting("a", 5, "deployment"), setting("b", 5)];
  const edits = withEdit(withEdit({}, chosen, 7), standard, 8);
  expect(edits).toEqual({ a: 7, b: 8 });
  expect(withEdit(edits, chosen, 5)).toEqual({ b: 8 });
  expect(withEdit(edits, chosen, null)).toEqual({ a: null, b: 8 });
  expect(withEdit(edits, standard, null)).toEqual({ a: 7 });
});
