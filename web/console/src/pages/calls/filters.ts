/** The filters of the list of calls, between the address and the API. */

export const STATUSES = ["initiated", "ringing", "active", "ended", "failed"] as const;
export const CATEGORIES = ["excellent", "good", "fair", "poor", "unknown"] as const;
export const ENGINES = ["p2p", "livekit", "jitsi", "mediasoup", "external"] as const;
export const TYPES = ["video", "audio"] as const;
export const DROPS = [1, 3, 5, 10] as const;

/** What the address may hold; whatever else it holds is left alone. */
export const NAMES = ["status", "category", "engine", "type", "drops", "issues", "person", "provider", "room", "appointment", "conversation"] as const;
export type FilterName = (typeof NAMES)[number];
export type Filters = Partial<Record<FilterName, string>>;

const CHECKS: Record<FilterName, (value: string) => boolean> = {
  status: among(STATUSES),
  category: among(CATEGORIES),
  engine: among(ENGINES),
  type: among(TYPES),
  drops: (value) => /^[1-9]\d{0,3}$/.test(value),
  issues: among(["yes", "no"]),
  person: isIdentity,
  provider: isIdentity,
  room: (value) => /^room-[0-9a-f]{32}$/.test(value),
  appointment: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  conversation: (value) => value.length > 0 && value.length <= 200,
};

function among(values: readonly string[]): (value: string) => boolean {
  return (value) => values.includes(value);
}

function isIdentity(value: string): boolean {
  return /^(user|guest):[^\p{Cc}]{1,200}$/u.test(value);
}

/** The filters that a query holds; what makes no sense is not there. */
export function readFilters(query: string): Filters {
  const given = new URLSearchParams(query);
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = given.get(name);
    if (value !== null && CHECKS[name](value)) filters[name] = value;
  }
  return filters;
}

/** What the API is asked for. Days are those of the viewer's calendar, from the first and before the second. */
export function asked(filters: Filters, days: { from: string; to: string } | null) {
  return {
    status: filters.status as (typeof STATUSES)[number] | undefined,
    category: filters.category as (typeof CATEGORIES)[number] | undefined,
    engine: filters.engine as (typeof ENGINES)[number] | undefined,
    type: filters.type as (typeof TYPES)[number] | undefined,
    min_disconnections: filters.drops === undefined ? undefined : Number(filters.drops),
    has_issues: filters.issues === undefined ? undefined : filters.issues === "yes",
    person: filters.person,
    provider: filters.provider,
    room: filters.room,
    appointment_id: filters.appointment,
    conversation_id: filters.conversation,
    from: days ? midnight(days.from) : undefined,
    to: days ? midnight(days.to) : undefined,
  };
}

/** When a day begins where the viewer is. */
export function midnight(day: string): string {
  return new Date(`${day}T00:00:00`).toISOString();
}

/** Whether calls are found by how they went, which is known a moment after the fact. */
export function isByQuality(filters: Filters): boolean {
  return Boolean(filters.category || filters.drops || filters.issues === "yes");
}

/** The address of the list with these filters alone. */
export function callsAddress(filters: Filters): string {
  const query = new URLSearchParams(filters).toString();
  return query ? `/calls?${query}` : "/calls";
}
