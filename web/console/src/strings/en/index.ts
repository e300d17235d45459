import { activity } from "./activity.js";
import { analytics } from "./analytics.js";
import { appointment, appointments } from "./appointments.js";
import { billing } from "./billing.js";
import { figures } from "./figures.js";
import { keys } from "./keys.js";
import { overview } from "./overview.js";
import { parts } from "./parts.js";
import { quality } from "./quality.js";
import { settings } from "./settings.js";
import { shell } from "./shell.js";
import { signIn } from "./signIn.js";
import { words } from "./words.js";

/** One file per page, a line per file. */
export const strings = {
  activity,
  analytics,
  appointment,
  appointments,
  billing,
  figures,
  keys,
  overview,
  parts,
  quality,
  settings,
  shell,
  signIn,
  words,
};
