/** By what figures are divided, and of which part alone they are: both in the address, as the analytics routes take them. */
import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";
import { useQueryState } from "../parts/index.js";
import { strings } from "../strings/index.js";

/** As the server has them (`analytics/asking.py`). */
export const DIMENSIONS = ["provider", "engine", "mode", "kind", "room", "tag", "browser", "os", "device", "network", "country"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A call has one value of these. Of the others it counts under each that it has, so that values come to more than all calls. */
const SINGLE: readonly string[] = ["engine", "mode", "kind", "provider", "room"] satisfies Dimension[];

export function isSingle(dimension: string): boolean {
  return SINGLE.includes(dimension);
}

/** One value of one dimension. */
export interface Filter {
  dimension: Dimension;
  value: string;
}

function isDimension(text: string | null): text is Dimension {
  return DIMENSIONS.some((dimension) => dimension === text);
}

/** The filter that a query holds (`browser=Firefox`); the first where there are more. */
export function filterOf(query: string): Filter | null {
  const held = new URLSearchParams(query);
  const dimension = DIMENSIONS.find((one) => held.get(one));
  return dimension ? { dimension, value: held.get(dimension)! } : null;
}

/** The query with another filter in it, or none. What it was divided by goes where the filter is of something else: rollups know one dimension at a time. */
export function withFilter(query: string, filter: Filter | null): string {
  const next = new URLSearchParams(query);
  for (const dimension of DIMENSIONS) next.delete(dimension);
  if (filter) {
    next.set(filter.dimension, filter.value);
    if (isDimension(next.get("by")) && next.get("by") !== filter.dimension) next.delete("by");
  }
  return next.toString();
}

/** The query divided by another dimension. A filter of something else goes. */
export function withDivision(query: string, by: string | null): string {
  const next = new URLSearchParams(query);
  const filter = filterOf(query);
  if (filter && isDimension(by) && filter.dimension !== by) next.delete(filter.dimension);
  if (by) next.set("by", by);
  else next.delete("by");
  return next.toString();
}

export interface Division {
  /** What the address says after `by=`; empty where nothing. */
  by: string;
  filter: Filter | null;
  /** The filter as a parameter of a route. */
  only: Partial<Record<Dimension, string>>;
  setBy: (by: string | null) => void;
  setFilter: (filter: Filter | null) => void;
}

export function useDivision(): Division {
  const query = useSearch();
  const [, navigate] = useLocation();
  const [by] = useQueryState("by");
  const filter = filterOf(query);
  const go = useCallback((next: string) => navigate(next ? `${location.pathname}?${next}` : location.pathname, { replace: true }), [navigate]);
  return {
    by,
    filter,
    only: filter ? { [filter.dimension]: filter.value } : {},
    setBy: (to) => go(withDivision(location.search, to)),
    setFilter: (to) => go(withFilter(location.search, to)),
  };
}

/** A value as people call it: a provider by name, what is known of nobody as unknown, `p2p` in words. */
export function valueName(dimension: string, value: string | null | undefined, name?: string | null): string {
  const { values, unknown, rest } = strings.analytics;
  if (name) return name;
  if (value == null) return rest;
  if (value === "unknown" || value === "") return unknown;
  if (dimension === "country") return countryName(value);
  if (dimension === "provider") return value.replace(/^(user|guest):/, "");
  return values[value] ?? value;
}

const COUNTRIES = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

function countryName(code: string): string {
  return /^[A-Z]{2}$/i.test(code) ? (COUNTRIES.of(code.toUpperCase()) ?? code) : code;
}
