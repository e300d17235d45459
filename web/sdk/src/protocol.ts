import type { Measured } from "./stats.js";

/** The words of `docs/reference/protocol.md`, as they go over the wire. */

export interface Device {
  browser?: string;
  os?: string;
  type?: string;
}

export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

/** What `POST /v1/join` and `/v1/join/resume` answer. */
export interface JoinAnswer {
  /** A host has yet to let this person in: until then the token can only wait. */
  waiting?: boolean;
  call_id: string;
  room: string;
  type: string;
  mode: string;
  engine: { kind: string; [key: string]: unknown };
  participant: { id: string; identity: string; display_name: string | null; role: string; side: string | null; host: boolean };
  connection: string;
  /** Opens the socket and posts facts, for this connection alone. */
  token: string;
  /** The first socket must be open before this time. */
  connect_until: string;
  /** Facts are taken until this time. */
  report_until: string;
  /** Gives the same participant another connection: for the page's own session storage and nowhere else. */
  resume: string;
  socket: string;
  ice_servers: IceServer[];
  settings: CallSettings;
  server_time: string;
}

export interface CallSettings {
  heartbeat_seconds?: number;
  chat_enabled?: boolean;
  screen_share_enabled?: boolean;
  sample_seconds?: number;
  [key: string]: unknown;
}

export interface ConnectionView {
  id: string;
  status: string;
}

export interface ParticipantView {
  id: string;
  display_name: string | null;
  role: string;
  side: string | null;
  host: boolean;
  status: string;
  audio_enabled: boolean | null;
  video_enabled: boolean | null;
  screen_shared: boolean | null;
  connections: ConnectionView[];
}

/** The participants' view of a call: names, roles and states. */
export interface CallView {
  id: string;
  version: number;
  status: string;
  type: string;
  mode: string;
  room: string;
  started_at: string | null;
  ended_at: string | null;
  end_reason: string | null;
  settings: CallSettings;
  participants: ParticipantView[];
}

/** What somebody who waited is told when a host lets them in. */
export interface Admitted {
  ice_servers: IceServer[];
  /** Media must stand, or a socket be open, before this time. */
  connect_until: string;
  settings: CallSettings;
  call: CallView;
  online: Online[];
}

/** A connection whose socket is open now. */
export interface Online {
  connection: string;
  participant: string;
  /** How it fares, as its last sample said; absent while that is unknown. */
  quality?: OnlineQuality;
}

export interface OnlineQuality {
  category: "excellent" | "good" | "fair" | "poor" | "unknown";
  score?: number | null;
  rtt_ms?: number | null;
  packet_loss_pct?: number | null;
  jitter_ms?: number | null;
  bitrate_kbps?: number | null;
  at: string;
}

export interface Fact {
  id: string;
  type: string;
  /** This page's clock; the server corrects it by the offset it measured at hello. */
  occurred_at: string;
  data: Record<string, unknown>;
}

/** One person's quality numbers over one interval. */
export interface SampleFact extends Measured {
  id: string;
}

export interface Outcome {
  id: string;
  outcome: "stored" | "duplicate" | "rejected";
  code?: string;
}

export type FromServer =
  | { type: "challenge"; at: number }
  | {
      type: "welcome";
      server_time: string;
      connection: string;
      participant: string;
      heartbeat_seconds: number;
      /** Whoever waits sees nothing of the call. */
      waiting?: boolean;
      call?: CallView | null;
      online?: Online[];
    }
  | ({ type: "admitted" } & Admitted)
  | { type: "outcomes"; seq: number; outcomes: Outcome[] }
  | { type: "retry"; seq: number; after_ms: number; code?: string }
  | { type: "heartbeat"; server_time: string }
  | { type: "unreachable"; to: string }
  | { type: "call"; version: number; call: CallView }
  | { type: "presence"; online: Online[] }
  | { type: "signal"; from: string; body: unknown }
  | { type: "close_peer"; connection: string }
  | { type: "out"; code: string; detail: string }
  | { type: "error"; code: string; detail: string };

export const SDK_NAME = "callwell-js/0.1.0";

/** A path or address of the server, below the address it was given as. */
export function address(url: string, path: string): string {
  return url.replace(/\/+$/, "") + path;
}
