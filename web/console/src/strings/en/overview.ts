import { number, plural } from "../../format.js";

/** The first page in the morning. */
export const overview = {
  title: "Overview",
  lead: (weekday: string, clock: string, zone: string, weeks: number) =>
    weeks === 0
      ? `Today until ${clock} (${zone}). What is usual is known after the first week.`
      : `Today until ${clock} (${zone}), beside ${weeks === 1 ? `last ${weekday}` : `the mean of the last ${weeks} ${weekday}s`} until the same time.`,
  none: "–",
  today: {
    title: "Today so far",
    calls: "Calls",
    success: "Joins that succeeded",
    drops: "Drop rate",
    score: "Mean score",
    poor: "Poor calls",
    failed: "Failed calls",
    appointments: "Appointments",
    noShows: "No-shows",
  },
  usual: {
    nothing: "Nothing to compare with yet",
    notYet: { count: "Not known yet today", rate: "Nobody has joined yet today", score: "No call has a score yet today" },
    notYetBut: (usual: string) => `Not known yet today, usually ${usual}`,
    same: (usual: string) => `As usual (${usual})`,
    by: (size: number, isMore: boolean) => `${number(size, size < 10 && size % 1 ? 1 : 0)} ${isMore ? "more" : "fewer"}`,
    points: (points: number, isMore: boolean) => `${number(points, 1)} ${points.toFixed(1) === "1.0" ? "point" : "points"} ${isMore ? "more" : "less"}`,
    usually: (usual: string) => `usually ${usual}`,
    look: ". Worth a look",
    few: (calls: number) => `; only ${plural(calls, "call", "calls")} today`,
  },
  live: {
    title: "Now",
    wall: "Open the live wall",
    calls: "Calls in progress",
    people: "People connected",
    waiting: "Waiting to be let in",
    ringing: "Ringing",
    quiet: "No call is in progress.",
  },
  alerts: {
    title: "Critical problems, not over",
    none: "No call has a critical problem now.",
    since: (ago: string) => `began ${ago}`,
    toCall: "Open the call",
    toCallWith: (issue: string, ago: string) => `Open the call: ${issue}, began ${ago}`,
    more: (count: number) => `${plural(count, "more", "more")} not shown`,
  },
  volume: {
    title: "Calls, last 30 days",
    label: (calls: string, busiest: string) => `Calls per day in the last 30 days: ${calls} in all, most on ${busiest}.`,
    more: "Activity",
    held: "Held",
    failed: "Failed",
    unanswered: "Unanswered",
    day: "Day",
  },
  problems: {
    title: "Latest problem calls",
    note: "Of the last 7 days.",
    none: "No call of the last 7 days went wrong.",
    more: "All problem calls",
    many: "Of those with most disconnections in the last 7 days.",
    head: { when: "Began", provider: "Provider", why: "Why", score: "Score" },
  },
  appointments: {
    title: "Appointments today",
    none: "No appointment is planned for today.",
    more: "All appointments",
    head: { when: "At", provider: "Provider", client: "Client", status: "Status", length: "Length" },
    others: (count: number) => `and ${plural(count, "more client", "more clients")}`,
    tally: (count: number, isMore: boolean, parts: string) => `${isMore ? "More than " : ""}${plural(count, "appointment", "appointments")}: ${parts}.`,
  },
};
