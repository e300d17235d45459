import { keys } from "./keys.js";
import { parts } from "./parts.js";
import { shell } from "./shell.js";
import { signIn } from "./signIn.js";
import { words } from "./words.js";

/** One file per page, a line per file. */
export const strings = {
  keys,
  parts,
  shell,
  signIn,
  words,
};
