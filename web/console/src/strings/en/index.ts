import { accounts } from "./accounts.js";
import { activity } from "./activity.js";
import { analytics } from "./analytics.js";
import { appointment, appointments } from "./appointments.js";
import { audit } from "./audit.js";
import { billing } from "./billing.js";
import { call } from "./call.js";
import { calls } from "./calls.js";
import { figures } from "./figures.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { overview } from "./overview.js";
import { me } from "./me.js";
import { parts } from "./parts.js";
import { problemCalls } from "./problemCalls.js";
import { people, person } from "./people.js";
import { provider, providers } from "./providers.js";
import { quality } from "./quality.js";
import { settings } from "./settings.js";
import { shell } from "./shell.js";
import { signIn } from "./signIn.js";
import { words } from "./words.js";

/** One file per page, a line per file. */
export const strings = {
  accounts,
  activity,
  analytics,
  appointment,
  appointments,
  audit,
  billing,
  call,
  calls,
  figures,
  keys,
  live,
  overview,
  me,
  parts,
  provider,
  providers,
  people,
  person,
  problemCalls,
  quality,
  settings,
  shell,
  signIn,
  words,
};
