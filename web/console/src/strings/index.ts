/** Every word that people see. Another language is another folder with the same names, chosen here. */
export { strings } from "./en/index.js";
