import { parts } from "./parts.js";
import { shell } from "./shell.js";
import { signIn } from "./signIn.js";
import { words } from "./words.js";

/** One file per page, a line per file. */
export const strings = {
  parts,
  shell,
  signIn,
  words,
};
