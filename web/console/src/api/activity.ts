/** Whether somebody is at the console: what a page asks for while nobody is keeps no session alive. */

const STILL_THERE_MS = 20_000;

let lastSeen = Date.now();

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"])
  addEventListener(kind, () => (lastSeen = Date.now()), { capture: true, passive: true });

export function lastActivity(): number {
  return lastSeen;
}

export function isIdle(): boolean {
  return Date.now() - lastSeen > STILL_THERE_MS;
}
