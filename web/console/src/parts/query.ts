/** What a link should lead back to (filters, range, sort, tab) lives in the query. Never names or what was searched for. */
import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";

/**
 * One value of the query: `const [status, setStatus] = useQueryState("status")`. The default is not written. Several may be set one after the other.
 * `null` or the default takes it out. History gets no entry for each.
 */
export function useQueryState(name: string, standard = ""): [value: string, set: (value: string | null) => void] {
  const query = useSearch();
  const [, navigate] = useLocation();
  const set = useCallback(
    (value: string | null) => {
      const now = new URLSearchParams(location.search);
      if (value === null || value === standard) now.delete(name);
      else now.set(name, value);
      navigate(now.size ? `${location.pathname}?${now.toString()}` : location.pathname, { replace: true });
    },
    [name, standard, navigate],
  );
  return [new URLSearchParams(query).get(name) ?? standard, set];
}

/** A value of the query that must be one of some; anything else is the first. */
export function useQueryChoice<T extends string>(name: string, choices: readonly [T, ...T[]]): [value: T, set: (value: T) => void] {
  const [value, set] = useQueryState(name, choices[0]);
  return [choices.find((choice) => choice === value) ?? choices[0], set];
}
