export type { FactStore, Sender, StoredFact } from "./facts.js";
export { IndexedDbFacts, MemoryFacts } from "./facts.js";
export type { JoinRequest } from "./join.js";
export { JoinRefused, Unreachable } from "./join.js";
export type { LocalState } from "./local.js";
export { LocalMedia } from "./local.js";
export type { MediaPath, RemotePeer } from "./p2p.js";
export { P2pMedia } from "./p2p.js";
export type {
  CallSettings,
  CallView,
  ConnectionView,
  Device,
  Fact,
  IceServer,
  JoinAnswer,
  Online,
  OnlineQuality,
  Outcome,
  ParticipantView,
  SampleFact,
} from "./protocol.js";
export type { MediaState, SessionEvents, SessionOptions, SessionState, StateChange, Warning } from "./session.js";
export type { Direction, Hints, Kind, Measured } from "./stats.js";
export type { StatsOptions } from "./watch.js";
export { attach, callIsOver, join, resume, Session } from "./session.js";
