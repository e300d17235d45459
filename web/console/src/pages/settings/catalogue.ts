import type { Item } from "../../api/client.js";
import { strings } from "../../strings/index.js";

export type Setting = Item<"/v1/settings">;
export type Value = string | number | boolean;
/** What is to be saved: null takes the deployment's own value away. */
export type Edits = Readonly<Record<string, Value | null>>;

const GROUPS: readonly [name: "people" | "times" | "quality" | "privacy" | "billing" | "other", belongs: RegExp][] = [
  ["privacy", /^(retention_|ip_policy)/],
  ["billing", /^(billing_|analytics_)/],
  ["quality", /^(sample_seconds|quality_)/],
  ["times", /(_seconds|_minutes|time_zone)$/],
  ["people", /(_enabled|participants|waiting_room|require_|completion_rule)/],
  ["other", /./],
];

export type Group = (typeof GROUPS)[number][0];

/** Settings in groups, in the catalogue's order; of those alone in whose name or sentence all the words are. */
export function grouped(settings: readonly Setting[], search: string): [Group, Setting[]][] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = settings.filter((setting) => words.every((word) => `${setting.name} ${labelOf(setting.name)} ${setting.sentence}`.toLowerCase().includes(word)));
  const order: Group[] = ["people", "times", "quality", "privacy", "billing", "other"];
  return order.map((group): [Group, Setting[]] => [group, found.filter((setting) => groupOf(setting.name) === group)]).filter(([, inside]) => inside.length > 0);
}

function groupOf(name: string): Group {
  return GROUPS.find(([, belongs]) => belongs.test(name))![0];
}

/** `join_early_minutes` as people read it: `Join early minutes`. */
export function labelOf(name: string): string {
  const given = strings.settings.names[name];
  if (given) return given;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An edit that says what holds already is none. */
export function withEdit(edits: Edits, setting: Setting, value: Value | null): Edits {
  const rest = Object.fromEntries(Object.entries(edits).filter(([name]) => name !== setting.name));
  const isSame = value === null ? setting.source !== "deployment" : value === setting.value;
  return isSame ? rest : { ...rest, [setting.name]: value };
}
