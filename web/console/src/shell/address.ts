/** Where the page is, as a link within the console. */
export function pathAndQuery(): string {
  return `${location.pathname}${location.search}`;
}

/** Where somebody wanted to go when they had to sign in first: a path of ours, and never another site. */
export function wanted(home: string, query: string = location.search): string {
  const next = new URLSearchParams(query).get("next") ?? "";
  return next.startsWith("/") && !/^\/[/\\]/.test(next) && !next.startsWith("/sign-in") ? next : home;
}
