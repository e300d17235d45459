import { plural } from "../../format.js";

export const settings = {
  title: "Settings",
  lead: "What holds for the whole deployment. A room, an appointment or a call may say otherwise where a setting allows it; a call keeps what it began with.",
  search: "Find a setting",
  nothingFound: "No setting has these words.",
  readOnly: "You can read the settings; admins change them.",
  groups: {
    people: "Meetings and people",
    times: "Times",
    quality: "Quality",
    privacy: "Privacy and keeping",
    billing: "Billing and figures",
    other: "More",
  },
  /** Where the words of the name itself do not say it well. */
  names: { ip_policy: "IP addresses" } as Record<string, string>,
  sources: { deployment: "set here", environment: "from the server's environment", default: "default" },
  standard: (value: string) => `else ${value}`,
  range: (least: string, most: string) => `${least} to ${most}`,
  changedBy: (name: string) => `changed by ${name}`,
  reset: "Back to default",
  resetNamed: (name: string) => `${name}: back to default`,
  unsaved: (count: number) => `${plural(count, "change", "changes")} not saved`,
  save: "Save",
  discard: "Discard",
  on: "on",
  off: "off",
};
