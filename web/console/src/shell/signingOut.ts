import { del } from "../api/client.js";
import { pathAndQuery } from "./address.js";

/** To the sign-in page, loaded anew: nothing of what was seen stays in this one. */
export function toSignIn(why?: "idle"): void {
  if (location.pathname === "/sign-in") return;
  const query = new URLSearchParams({ ...(why && { why }), next: pathAndQuery() });
  location.replace(`/sign-in?${query.toString()}`);
}

/** Ends the session, and leaves also where the server does not hear of it. */
export async function signOut(why?: "idle"): Promise<void> {
  try {
    await del("/v1/session");
  } finally {
    if (why) toSignIn(why);
    else location.replace("/sign-in");
  }
}
