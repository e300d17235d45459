/**
 * What this tab knows of its room: session storage, so that a refresh comes back and closing the tab forgets. Secrets
 * are read from the fragment once and never stand in an address again.
 */
export interface Entry {
  invite?: string;
  resume?: string;
  name?: string;
  camera?: boolean;
  microphone?: boolean;
  /** Since when this tab waits to be let in, by this device's clock. */
  waitingSince?: number;
}

export interface Devices {
  camera?: string;
  microphone?: string;
  speaker?: string;
}

/** `/room/room-…` -> `room-…`. */
export function roomOf(path: string): string {
  return decodeURIComponent(path.split("/").filter(Boolean).at(-1) ?? "");
}

/** Take the invite out of the address and put it where a refresh finds it. Another invite begins anew. */
export function readEntry(room: string): Entry {
  const kept = load<Entry>(sessionStorage, keyOf(room));
  const invite = decodeURIComponent(location.hash.slice(1));
  if (!invite) return kept;
  history.replaceState(history.state, "", location.pathname + location.search);
  const entry: Entry = invite === kept.invite ? kept : { invite, ...(kept.name !== undefined && { name: kept.name }) };
  keepEntry(room, entry);
  return entry;
}

export function keepEntry(room: string, entry: Entry): void {
  save(sessionStorage, keyOf(room), entry);
}

export function readDevices(): Devices {
  return load<Devices>(localStorage, "callwell:devices");
}

export function keepDevices(devices: Devices): void {
  save(localStorage, "callwell:devices", devices);
}

function keyOf(room: string): string {
  return `callwell:room:${room}`;
}

function load<T extends object>(storage: Storage, key: string): Partial<T> & T {
  try {
    return (JSON.parse(storage.getItem(key) ?? "{}") ?? {}) as T;
  } catch {
    return {} as T;
  }
}

function save(storage: Storage, key: string, value: object): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: a refresh will then ask again.
  }
}
