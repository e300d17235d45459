import { plural } from "../../format.js";

export const problemCalls = {
  title: "Problem calls",
  lead: "Calls with many disconnections, of poor quality, that failed, or that had critical problems; those with most disconnections first.",
  table: "Problem calls",
  empty: "No problem calls in this time.",
  columns: {
    when: "When",
    provider: "Provider",
    why: "Why",
    drops: "Drops",
    issues: "Problems",
    critical: "Critical",
    quality: "Quality",
    length: "Elapsed",
    people: "People",
    status: "Status",
    engine: "Engine",
  },
  why: { label: "Why", all: "Any reason", disconnections: "Disconnections", poor: "Poor quality", failed: "Failed", critical: "Critical problems" },
  moreThan: { label: "Disconnections", option: (count: number) => `more than ${plural(count, "drop", "drops")}` },
  gone: "kept no longer",
};
