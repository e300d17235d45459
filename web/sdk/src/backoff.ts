export const LONGEST_WAIT_MS = 30_000;

/** How long to wait before try `attempt` (0 is the first repetition): exponential, full jitter, so that a thousand pages do not come back as one. */
export function backoff(attempt: number, baseMs = 500, random: () => number = Math.random): number {
  return random() * Math.min(LONGEST_WAIT_MS, baseMs * 2 ** Math.min(attempt, 16));
}

/** What `Retry-After` asks for, in milliseconds: it may hold seconds or a date. Absent or unreadable is 0. */
export function retryAfter(header: string | null, now: number = Date.now()): number {
  if (!header) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
