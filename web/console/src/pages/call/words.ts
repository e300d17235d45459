/** Sentences of a call's page that take several words of the catalogue. */
import { number } from "../../format.js";
import { strings } from "../../strings/index.js";
import type { Call, Entry } from "./layout.js";

/** What somebody is called, else who they are. */
export function nameOf(one: { display_name?: string | null; identity?: string | null } | undefined): string {
  return one?.display_name ?? one?.identity?.replace(/^(user|guest):/, "") ?? strings.parts.unknownPerson;
}

export function namesOf(call: Call): Map<string, string> {
  return new Map(call.participants.map((one) => [one.id, nameOf(one)]));
}

export function eventName(type: string): string {
  return strings.call.events[type] ?? type.replace(/^custom\./, "").replaceAll(/[._]/g, " ");
}

/** What a fact says beyond its type, for people: `audio off · because: empty`. */
export function detailOf(entry: Entry): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries<unknown>(entry.detail)) {
    if (value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0)) continue;
    const word = name.replaceAll("_", " ");
    if (typeof value === "boolean") parts.push(value ? word : `no ${word}`);
    else if (typeof value === "number") parts.push(`${word} ${number(value, 1)}`);
    else if (typeof value === "string") parts.push(name === "reason" || name === "issue" || name === "category" ? value.replaceAll("_", " ") : `${word}: ${value}`);
    else parts.push(`${word}: ${inside(value)}`);
  }
  return parts.join(" · ");
}

function inside(value: unknown): string {
  const values: unknown[] = Array.isArray(value) ? value : Object.values(value as object);
  return values
    .filter((one) => one !== null && one !== "")
    .map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
    .join(", ");
}

export function whyNone(code: string): string {
  const { why } = strings.call;
  if (code.startsWith("missing:")) return why.missing(code.slice(8));
  if (code.startsWith("bad:")) return why.bad(code.slice(4));
  return why.none[code] ?? code.replaceAll("_", " ");
}

export function deviceOf(connection: { browser: string | null; os: string | null; device_type: string | null }): string {
  const parts = [connection.browser, connection.os, connection.device_type].filter(Boolean);
  return parts.length ? parts.join(" · ") : strings.call.people.unknownDevice;
}
