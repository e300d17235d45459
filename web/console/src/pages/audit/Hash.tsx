import classes from "./Audit.module.css";

/** So many hexadecimal digits, on as many lines as they need. */
export function Hash({ hex }: { hex: string }) {
  return <code className={classes.hash}>{hex}</code>;
}
