/** The calls that go on, as the live socket tells of them. Pure: what was known and what is heard give what is known then. */
import type { components } from "../../api/schema.js";

export type Call = components["schemas"]["Call"];
export type Participant = Call["participants"][number];

export interface Quality {
  category: string;
  score?: number;
  rtt_ms?: number;
  packet_loss_pct?: number;
  jitter_ms?: number;
  bitrate_kbps?: number;
  at?: string;
}

export type Message =
  | { type: "welcome"; server_time: string; heartbeat_seconds: number }
  | { type: "call"; subscription: string; version: number; call: Call }
  | { type: "quality"; subscription: string; call: string; connections: { participant: string; connection: string; quality: Quality }[] }
  | { type: "gone"; subscription: string; call: string }
  | { type: "current"; subscription: string }
  | { type: "heartbeat"; server_time: string }
  | { type: "error"; subscription?: string; code: string; detail: string };

export interface Tile {
  call: Call;
  /** By connection. */
  labels: ReadonlyMap<string, Quality>;
}

export interface Wall {
  tiles: ReadonlyMap<string, Tile>;
  /** Whether all that there was has been told once. */
  isWhole: boolean;
}

export const EMPTY: Wall = { tiles: new Map(), isWhole: false };

export function heard(wall: Wall, message: Message): Wall {
  switch (message.type) {
    case "call": {
      const before = wall.tiles.get(message.call.id);
      if (before && before.call.version > message.call.version) return wall;
      const tile = { call: message.call, labels: before?.labels ?? new Map<string, Quality>() };
      return { ...wall, tiles: new Map(wall.tiles).set(message.call.id, tile) };
    }
    case "quality": {
      const tile = wall.tiles.get(message.call);
      if (!tile) return wall;
      const labels = new Map(message.connections.map((one) => [one.connection, one.quality]));
      return { ...wall, tiles: new Map(wall.tiles).set(message.call, { ...tile, labels }) };
    }
    case "gone": {
      if (!wall.tiles.has(message.call)) return wall;
      const tiles = new Map(wall.tiles);
      tiles.delete(message.call);
      return { ...wall, tiles };
    }
    case "current":
      return wall.isWhole ? wall : { ...wall, isWhole: true };
    default:
      return wall;
  }
}

/** What is said when the socket is opened again: which versions are here. */
export function versionsOf(wall: Wall): Record<string, number> {
  return Object.fromEntries([...wall.tiles].map(([id, { call }]) => [id, call.version]));
}

// ── How a call goes just now ─────────────────────────────────────────────────────────────────────────────────────────────────────

const WORSE = ["excellent", "good", "fair", "poor"];

export interface Standing {
  participant: Participant;
  status: string;
  quality: Quality | null;
  /** What goes wrong just now, each once. */
  issues: string[];
  isCritical: boolean;
}

/** Everybody who is there or was, how they are connected just now by the best of their connections. */
export function standingsOf(tile: Tile): Standing[] {
  return tile.call.participants.map((participant) => {
    const present = participant.connections.filter((one) => one.status !== "left" && one.status !== "unseen");
    const connection = present.find((one) => one.status === "connected") ?? present[0];
    const open = present.flatMap((one) => one.open_issues);
    return {
      participant,
      status: participant.status,
      quality: connection?.status === "connected" ? (tile.labels.get(connection.id) ?? (connection.quality ? { category: connection.quality } : null)) : null,
      issues: [...new Set(open.map((one) => one.issue))],
      isCritical: open.some((one) => one.severity === "critical"),
    };
  });
}

/** 0: all is well; the higher, the more somebody should look. */
export function worryOf(tile: Tile): number {
  const there = standingsOf(tile);
  const worst = Math.max(-1, ...there.map((one) => WORSE.indexOf(one.quality?.category ?? "")));
  return (
    (there.some((one) => one.status === "disconnected") ? 8 : 0) + (there.some((one) => one.isCritical) ? 4 : 0) + (worst === 3 ? 3 : worst === 2 ? 1 : 0) + (there.some((one) => one.issues.length > 0) ? 1 : 0)
  );
}

export const ORDERS = ["worst", "longest", "newest"] as const;
export type Order = (typeof ORDERS)[number];

export function sorted(wall: Wall, order: Order): Tile[] {
  const weighed = [...wall.tiles.values()].map((tile) => ({ tile, began: new Date(tile.call.started_at ?? tile.call.created_at).getTime(), worry: order === "worst" ? worryOf(tile) : 0 }));
  const way = order === "newest" ? -1 : 1;
  weighed.sort((a, b) => b.worry - a.worry || way * (a.began - b.began || (a.tile.call.id < b.tile.call.id ? -1 : 1)));
  return weighed.map(({ tile }) => tile);
}

export interface Totals {
  calls: number;
  people: number;
  worrying: number;
  waiting: number;
}

export function totalsOf(wall: Wall): Totals {
  const tiles = [...wall.tiles.values()];
  const people = tiles.flatMap((tile) => tile.call.participants);
  return {
    calls: tiles.length,
    people: people.filter((one) => one.status === "connected" || one.status === "disconnected" || one.status === "connecting").length,
    worrying: tiles.filter((tile) => worryOf(tile) > 0).length,
    waiting: people.filter((one) => one.status === "waiting").length,
  };
}
