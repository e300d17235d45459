import { plural } from "../../format.js";

/** What the shared parts say. */
export const parts = {
  loading: "Loading…",
  empty: "Nothing here yet.",
  failed: {
    title: "This could not be shown",
    network: "The server cannot be reached. Is the network there?",
    retry: "Try again",
  },
  table: {
    more: "Load more",
    loadingMore: "Loading more…",
    shown: (count: number) => `${plural(count, "row", "rows")} shown`,
    scroll: (label: string) => `${label}, table`,
    sortBy: (head: string) => `Sort by ${head}`,
  },
  chart: {
    asTable: "Show as table",
    asChart: "Show as chart",
    nothing: "No figures in this range.",
  },
  score: {
    none: "not measured",
    of100: (value: string) => `${value} of 100`,
    why: "Why this score",
  },
  range: {
    label: "Time range",
    from: "From",
    to: "To",
    custom: "Own dates",
    presets: { "1d": "Today", "7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days", "365d": "Last 12 months" },
  },
  download: { csv: "CSV", parquet: "Parquet", label: (what: string, form: string) => `Download ${what} as ${form}` },
  unknownPerson: "Unknown",
  guest: "guest",
  cancel: "Cancel",
  close: "Close",
  done: "Done",
  copy: "Copy",
  copied: "Copied",
};
