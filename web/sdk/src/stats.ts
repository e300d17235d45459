/**
 * W3C getStats readings to samples, number for number as the server derives them from recorded readings
 * (`quality/w3c.py`, which says why each step is as it is); `tests/quality/vectors` keep the two together.
 */

export type Direction = "inbound" | "outbound";
export type Kind = "audio" | "video" | "screen";

/** A sample as it goes over the wire, less its id. What is unknown is absent, never 0. */
export interface Measured {
  started_at: string;
  interval_ms: number;
  direction: Direction;
  kind: Kind;
  muted?: true;
  packet_loss_pct?: number;
  late_loss_pct?: number;
  rtt_ms?: number;
  path_rtt_ms?: number;
  jitter_ms?: number;
  jitter_buffer_ms?: number;
  packets?: number;
  bytes?: number;
  bitrate_kbps?: number;
  target_kbps?: number;
  available_outgoing_kbps?: number;
  codec?: string;
  protection?: Protection;
  concealment_pct?: number;
  width?: number;
  height?: number;
  fps?: number;
  fps_expected?: number;
  freeze_ratio?: number;
  freeze_count?: number;
  frames_dropped_pct?: number;
  limitation?: Limitation;
  counter_resets?: number;
}

type Protection = "none" | "fec" | "red" | "red_fec";
type Limitation = "none" | "cpu" | "bandwidth" | "other";

/** What getStats gave, as a map by the ids of its objects. Nothing of it is trusted. */
export type Stats = Iterable<readonly [string, unknown]>;

export interface Hints {
  /** Kinds that this person does not send now. */
  muted?: readonly Kind[];
  /** Kinds that the others do not send now. */
  remoteMuted?: readonly Kind[];
  /** Identifiers of tracks, or mids, that are screens. */
  screen?: readonly string[];
}

const LONGEST_GAP_MS = 60_000;
const LONGEST_INTERVAL_MS = 60_000;
const NEARLY = 0.95;
const LATE_IN_A_ROW = 3;
const MOST_ENTRIES = 10_000;
const MOST_OBJECTS = 2_000;
const MOST_PARTS = 4_000;
const MOST_PEERS = 64;
const LONGEST_ID = 200;
const MOST_NUMBER = 2 ** 53;
const LATEST_MS = 253_402_300_000_000;
const IDLE = 0.01;

const INBOUND = [
  "packetsReceived",
  "retransmittedPacketsReceived",
  "packetsLost",
  "packetsDiscarded",
  "bytesReceived",
  "jitterBufferDelay",
  "jitterBufferEmittedCount",
  "concealedSamples",
  "silentConcealedSamples",
  "totalSamplesReceived",
  "framesReceived",
  "framesDecoded",
  "framesDropped",
  "freezeCount",
  "totalFreezesDuration",
  "totalAudioEnergy",
  "totalSamplesDuration",
];
const OUTBOUND = ["packetsSent", "bytesSent", "framesSent", "framesEncoded"];
const SOURCE = ["totalAudioEnergy", "totalSamplesDuration"];
const REMOTE = ["packetsLost", "totalRoundTripTime", "roundTripTimeMeasurements"];
const PAIR = ["totalRoundTripTime", "responsesReceived"];
const LIMITS = ["none", "cpu", "bandwidth", "other"] as const;
const NEVER_FALL = new Set(["packetsReceived", "bytesReceived", "framesReceived", "framesDecoded", "totalSamplesReceived", ...OUTBOUND]);
const COPIED: Partial<Record<Protection, Protection>> = { none: "red", fec: "red_fec" };
const DIRECTIONS = ["inbound", "outbound"] as const;
const KINDS = ["audio", "video", "screen"] as const;

type One = Readonly<Record<string, unknown>>;
type Numbers = Map<string, number>;
type Codec = readonly [name: string, protection: Protection | null];
type Mean = readonly [total: number, over: number];

/** The samples of one connection, from readings of all its peer connections. Never throws, whatever stands in them. */
export class Sampler {
  readonly #intervalMs: number;
  #start: number | null = null;
  #end = 0;
  readonly #peers = new Map<string, Peer>();
  readonly #objects = new Map<string, Seen>();
  readonly #parts = new Map<string, Part>();
  /** In this round. */
  readonly #read = new Set<string>();
  #alive = new Set<string>();

  constructor(intervalMs = 10_000) {
    this.#intervalMs = Math.min(Math.max(1, intervalMs), LONGEST_INTERVAL_MS);
  }

  /** One getStats of one peer connection; gives the samples of an interval when it is over. */
  read(pc: string, atMs: number, stats: Stats, { muted = [], remoteMuted = [], screen = [] }: Hints = {}): Measured[] {
    if (number(atMs) === null || atMs < 0 || atMs > LATEST_MS) return [];
    const at = Math.floor(atMs + 0.5);
    const peer = this.#peers.get(pc) ?? new Peer();
    again(this.#peers, pc, peer, MOST_PEERS);
    if (peer.at !== null && at <= peer.at) {
      peer.late = at < peer.at - LONGEST_GAP_MS ? peer.late + 1 : 0;
      if (peer.late < LATE_IN_A_ROW) return [];
    }
    const samples: Measured[] = [];
    if (this.#start === null) {
      this.#start = this.#end = at;
    } else if (Math.abs(at - this.#end) > LONGEST_GAP_MS) {
      samples.push(...this.#close());
      this.#start = this.#end = at;
    } else {
      if (this.#read.has(pc)) {
        // Read again before another was: that one is read no longer.
        this.#alive = new Set(this.#read);
        samples.push(...this.#endRound());
      }
      if (at - this.#start > LONGEST_INTERVAL_MS) samples.push(...this.#close());
    }
    const since = peer.at !== null && at > peer.at && at - peer.at <= LONGEST_GAP_MS ? peer.at : null;
    peer.at = at;
    peer.late = 0;
    this.#take(new Reading(pc, since, at, stats, muted, remoteMuted, screen), peer);
    this.#end = Math.max(this.#end, at);
    // One that is new when a round has just ended belongs to that round: rounds begin with the one read first.
    if (this.#alive.has(pc) || this.#read.size > 0) this.#read.add(pc);
    this.#alive.add(pc);
    if (this.#read.size >= this.#alive.size) samples.push(...this.#endRound());
    return samples;
  }

  /** What the unfinished interval has. The sampler may go on. */
  finish(): Measured[] {
    this.#read.clear();
    return this.#close();
  }

  #endRound(): Measured[] {
    this.#read.clear();
    if (this.#start === null || this.#end - this.#start < NEARLY * this.#intervalMs) return [];
    return this.#close();
  }

  #close(): Measured[] {
    if (this.#start === null || this.#end <= this.#start) return [];
    const samples = samplesOf(this.#start, this.#end, [...this.#parts.values()], this.#peers);
    this.#start = this.#end;
    this.#parts.clear();
    for (const peer of this.#peers.values()) peer.forget();
    return samples;
  }

  #take(reading: Reading, peer: Peer): void {
    takePath(reading, peer);
    const spans = (["inbound", "outbound"] as const).map((direction) =>
      [...reading[direction]].flatMap(([id, stats]) => {
        const span = this.#span(reading, peer, direction, id, stats);
        return span ? [{ id, stats, span }] : [];
      }),
    );
    const [inbound, outbound] = spans as [typeof spans[0] & object, typeof spans[0] & object];
    const idle = ![...inbound, ...outbound].some(({ span: { deltas } }) => (deltas.get("packetsReceived") ?? 0) + (deltas.get("packetsSent") ?? 0) > 0);
    for (const { id, stats, span } of inbound) span.takeInbound(stats, reading.remotes.get(id), idle);
    const layers = new Map<string, Span[]>();
    for (const { id, stats, span } of outbound) {
      const source = text(stats["mediaSourceId"]);
      span.takeOutbound(stats, reading.sources.get(source), reading.remotes.get(id));
      if (span.part.kind === "audio") continue;
      const name = source || text(stats["mid"]);
      layers.set(name, [...(layers.get(name) ?? []), span]);
    }
    // What is sent in several sizes is as good as its largest.
    for (const ofOneSource of layers.values()) first(ofOneSource, (span) => span.sizeSent())?.takePicture(idle);
  }

  /** What an object counted since it was read last, or null when that is unknown. */
  #span(reading: Reading, peer: Peer, direction: Direction, id: string, stats: One): Span | null {
    const kind = reading.kindOf(direction, stats);
    if (!kind) return null;
    const key = `${reading.pc}\n${id}\n${ssrcOf(stats)}`;
    const now = reading.counters(direction, stats);
    const codec = text(stats["codecId"]);
    const seen = this.#objects.get(key);
    const fresh = new Seen(reading.at, now, codec);
    again(this.#objects, key, fresh, MOST_OBJECTS);
    const remote = reading.remotes.get(id);
    if (reading.since === null || (seen && reading.at - seen.at > LONGEST_GAP_MS)) {
      fresh.motion.begin(remote);
      return null;
    }
    const part = this.#part(key, reading.pc, direction, kind);
    if (!part) return null;
    let began = reading.since;
    let before: Numbers = new Map();
    if (!seen) {
      // It was not there at the last reading: it began since, with nothing.
      fresh.motion.isWhole = true;
    } else if ((codec && seen.codec && codec !== seen.codec) || [...seen.counters].some(([name, was]) => NEVER_FALL.has(name) && (now.get(name) ?? was) < was)) {
      part.resets += 1;
      fresh.motion.begin(remote);
      return null;
    } else {
      began = seen.at;
      before = seen.counters;
      fresh.motion = seen.motion;
      fresh.codec = codec || seen.codec;
      fresh.counters = new Map([...before, ...now]);
    }
    const deltas: Numbers = new Map();
    for (const [name, value] of now) {
      const was = before.get(name) ?? (fresh.motion.isWhole ? 0 : null);
      if (was !== null) deltas.set(name, value - was);
    }
    for (const [name, delta] of deltas) {
      if (delta >= 0 || name === "packetsLost") part.add(name, delta);
    }
    peer.bytes += Math.max(0, deltas.get("bytesReceived") ?? 0) + Math.max(0, deltas.get("bytesSent") ?? 0);
    part.muted = (direction === "outbound" ? reading.muted : reading.remoteMuted).includes(kind);
    const paused = kind !== "audio" && (part.muted || fresh.motion.muted);
    part.cover(began, reading.at, paused);
    if (!paused) part.add("open_bytes", deltas.get(direction === "inbound" ? "bytesReceived" : "bytesSent") ?? 0);
    fresh.motion.muted = part.muted;
    const named = reading.codecOf(codec);
    if (named) [part.codec, part.protection] = named;
    return new Span(part, fresh.motion, reading.at - began, deltas, paused);
  }

  #part(key: string, pc: string, direction: Direction, kind: Kind): Part | null {
    const name = `${direction} ${kind} ${key}`;
    let part = this.#parts.get(name);
    if (!part && this.#parts.size < MOST_PARTS) this.#parts.set(name, (part = new Part(pc, direction, kind)));
    return part ?? null;
  }
}

/** The selected pair's round trips. Another pair begins anew: what it counted before it was selected is not of this path. */
function takePath(reading: Reading, peer: Peer): void {
  const pair = reading.selectedPair();
  if (!pair) return;
  const [id, stats] = pair;
  const now = numbers(stats, PAIR);
  if (reading.since !== null) {
    if (id === peer.pairId) {
      for (const [name, value] of now) {
        const before = peer.pair.get(name);
        if (before !== undefined && value >= before) peer.sums.set(name, (peer.sums.get(name) ?? 0) + value - before);
      }
    }
    for (const name of ["currentRoundTripTime", "availableOutgoingBitrate"]) weigh(peer.means, name, positive(stats[name]), reading.at - reading.since);
  }
  peer.pairId = id;
  peer.pair = now;
}

/** A peer connection: when it was read last, and its path in this interval. */
class Peer {
  at: number | null = null;
  late = 0;
  pairId = "";
  pair: Numbers = new Map();
  bytes = 0;
  sums: Numbers = new Map();
  means = new Map<string, Mean>();

  forget(): void {
    this.bytes = 0;
    this.sums = new Map();
    this.means = new Map();
  }
}

/** What is remembered of an object besides its counters. */
class Motion {
  /** It began while we watched: what it counts, it counted from 0. */
  isWhole = false;
  /** From one frame to the next, when there were any last. */
  frameMs: number | null = null;
  /** For so long no frame has come. */
  flatMs = 0;
  /** How much of that was counted as frozen; the engine counts it once more when the next frame comes. */
  counted = 0;
  muted = false;
  told: string | null = null;
  /** Packets sent since the other side reported last. */
  unreported = 0;
  remote: Numbers = new Map();

  /** What the other side has reported so far is where its counts begin. */
  begin(remote: One | undefined): void {
    if (!remote) return;
    this.told = tell(remote);
    this.remote = numbers(remote, REMOTE);
  }
}

class Seen {
  motion = new Motion();
  constructor(
    readonly at: number,
    public counters: Numbers,
    public codec: string,
  ) {}
}

/** What one object adds to one sample. */
class Part {
  readonly sums: Numbers = new Map();
  readonly means = new Map<string, Mean>();
  readonly spans: (readonly [began: number, ended: number])[] = [];
  /** Without those of a picture that was muted: rates are those of the time in which there was something to send. */
  readonly openSpans: (readonly [began: number, ended: number])[] = [];
  resets = 0;
  muted = false;
  /** Nothing is attached, or the layer is switched off. */
  off = false;
  codec: string | null = null;
  protection: Protection | null = null;
  width = 0;
  height = 0;

  constructor(
    readonly pc: string,
    readonly direction: Direction,
    readonly kind: Kind,
  ) {}

  get(name: string): number {
    return this.sums.get(name) ?? 0;
  }

  add(name: string, value: number): void {
    this.sums.set(name, this.get(name) + value);
  }

  cover(began: number, ended: number, paused: boolean): void {
    for (const spans of paused ? [this.spans] : [this.spans, this.openSpans]) {
      const last = spans.at(-1);
      if (last?.[1] === began) spans[spans.length - 1] = [last[0], ended];
      else spans.push([began, ended]);
    }
  }

  get packets(): number {
    return this.get("packetsReceived") + this.get("packetsSent");
  }

  get isActive(): boolean {
    return this.packets > 0 || this.get("frames") > 0;
  }
}

/** What one object did from one reading to the next. */
class Span {
  #frames: number | null = null;
  #width = 0;
  #height = 0;

  constructor(
    readonly part: Part,
    readonly motion: Motion,
    readonly ms: number,
    readonly deltas: Numbers,
    readonly paused: boolean,
  ) {}

  takeInbound(stats: One, remote: One | undefined, idle: boolean): void {
    const { part, deltas, ms } = this;
    if ((deltas.get("packetsReceived") ?? 0) > 0) weigh(part.means, "jitter", positive(stats["jitter"]), ms);
    // Receivers seldom measure round trips; where they do, the sender's report has them.
    if (remote) this.#takeRemote(remote);
    if (part.kind === "audio") return;
    this.#see(stats, "framesDecoded", "framesReceived");
    this.#freeze(idle);
    this.takePicture(idle);
  }

  takeOutbound(stats: One, source: One | undefined, remote: One | undefined): void {
    const { part, deltas, ms } = this;
    const switchedOff = stats["active"] === false;
    part.off = switchedOff || (!source && (deltas.get("packetsSent") ?? 0) === 0);
    if (!switchedOff) {
      weigh(part.means, "target", positive(stats["targetBitrate"]), ms);
      this.#takeLimits(stats);
    }
    this.motion.unreported += deltas.get("packetsSent") ?? 0;
    if (remote && this.#takeRemote(remote)) {
      for (const name of ["jitter", "roundTripTime", "fractionLost"]) weigh(part.means, `remote.${name}`, positive(remote[name]), ms);
    }
    if (part.kind === "audio") return;
    this.#see(stats, "framesSent", "framesEncoded");
    if (source) weigh(part.means, "source_fps", positive(source["framesPerSecond"]), ms);
  }

  /** What the other side reports of this object. False when it is what it reported last: nothing new is known. */
  #takeRemote(stats: One): boolean {
    const { motion, part } = this;
    const told = tell(stats);
    if (told === motion.told) return false;
    motion.told = told;
    for (const [name, value] of numbers(stats, REMOTE)) {
      const before = motion.remote.get(name) ?? (motion.isWhole ? 0 : null);
      motion.remote.set(name, value);
      if (before === null || (value < before && name !== "packetsLost")) continue;
      part.add(`remote.${name}`, value - before);
      if (name === "packetsLost") part.add("reported", motion.unreported);
    }
    motion.unreported = 0;
    return true;
  }

  #takeLimits(stats: One): void {
    const { part, deltas, ms } = this;
    const reason = stats["qualityLimitationReason"] as Limitation;
    if (LIMITS.some((limit) => deltas.has(`limit.${limit}`))) {
      part.add("limited_ms", ms);
    } else if (LIMITS.includes(reason)) {
      part.add("limited_ms", ms);
      part.add(`limit.${reason}`, ms / 1000);
    }
  }

  /** The frames of this span: counted, or where nobody counts, as many as the rate says. */
  #see(stats: One, ...counters: string[]): void {
    this.#width = positive(stats["frameWidth"]) ?? 0;
    this.#height = positive(stats["frameHeight"]) ?? 0;
    for (const name of counters) {
      const delta = this.deltas.get(name);
      if (delta === undefined) continue;
      this.#frames = Math.max(0, delta);
      return;
    }
    const rate = positive(stats["framesPerSecond"]);
    if (rate !== null) this.#frames = (rate * this.ms) / 1000;
  }

  /** Orders the layers of one source: those that sent, by their size; then those that might have. */
  sizeSent(): number {
    if (this.part.off) return -1;
    return this.#frames === null || this.#frames > 0 ? this.#width * this.#height : 0;
  }

  takePicture(idle: boolean): void {
    const { part, ms } = this;
    if (this.#frames === null || part.off || this.paused) return;
    part.add("frames", this.#frames);
    part.add(idle ? "idle_ms" : "picture_ms", ms);
    if (this.#width === 0 || this.#height === 0) return;
    part.add("sized_frames", this.#frames);
    part.add("pixels", this.#frames * this.#width * this.#height);
    part.width = this.#width;
    part.height = this.#height;
  }

  /** Engines count a freeze when the next frame ends it. One that goes on is told by frames that do not come, and not counted again afterwards. */
  #freeze(idle: boolean): void {
    const { motion, part, ms } = this;
    const times = this.deltas.get("freezeCount");
    const frozen = this.deltas.get("totalFreezesDuration");
    if (frozen !== undefined && frozen >= 0) {
      const frozenMs = 1000 * frozen;
      const knownMs = Math.min(motion.counted, frozenMs);
      part.add("freeze_ms", frozenMs - knownMs);
      if (times !== undefined && times >= 0) part.add("freezes", Math.max(0, times - (knownMs > 0 ? 1 : 0)));
      if (frozenMs > 0) motion.counted = 0;
    }
    if (this.#frames === null) return;
    if (this.#frames > 0 || this.paused) {
      motion.frameMs = this.#frames > 0 ? ms / this.#frames : null;
      motion.flatMs = 0;
      if (frozen === undefined) motion.counted = 0;
      return;
    }
    motion.flatMs += ms;
    // A screen that stands still sends nothing and is not frozen. What never moved is not frozen either.
    if (part.kind === "video" && motion.frameMs !== null && motion.flatMs > Math.max(3 * motion.frameMs, motion.frameMs + 150)) {
      if (motion.counted === 0) part.add(idle ? "idle_freezes" : "freezes", 1);
      part.add(idle ? "idle_freeze_ms" : "freeze_ms", motion.flatMs - motion.counted);
      motion.counted = motion.flatMs;
    }
  }
}

/** One getStats, sorted. Objects in the words of other times and engines are given today's. */
class Reading {
  inbound = new Map<string, One>();
  outbound = new Map<string, One>();
  readonly sources = new Map<string, One>();
  /** By the id of our own object that they tell of. */
  readonly remotes = new Map<string, One>();
  readonly #tracks = new Map<string, One>();
  readonly #codecs = new Map<string, One>();
  readonly #pairs = new Map<string, One>();
  readonly #named = new Map<string, Codec | null>();
  readonly #selected = new Set<string>();

  constructor(
    readonly pc: string,
    readonly since: number | null,
    readonly at: number,
    stats: Stats,
    readonly muted: readonly Kind[],
    readonly remoteMuted: readonly Kind[],
    readonly screen: readonly string[],
  ) {
    const remotes: [Map<string, One>, One][] = [];
    let room = MOST_ENTRIES;
    for (const [id, value] of stats) {
      if (--room < 0) break;
      if (typeof value !== "object" || value === null || Array.isArray(value) || id.length > LONGEST_ID) continue;
      const one = value as One;
      const isRemote = one["isRemote"] === true;
      switch (one["type"]) {
        case "inbound-rtp":
          // Firefox, long ago; its round trips were in milliseconds, and so are not taken.
          if (isRemote) remotes.push([this.outbound, { ...one, roundTripTime: null, totalRoundTripTime: null, roundTripTimeMeasurements: null }]);
          else this.inbound.set(id, one);
          break;
        case "outbound-rtp":
          if (!isRemote) this.outbound.set(id, one);
          break;
        case "remote-inbound-rtp":
          remotes.push([this.outbound, one]);
          break;
        case "remote-outbound-rtp":
          remotes.push([this.inbound, one]);
          break;
        case "media-source":
          this.sources.set(id, one);
          break;
        case "track":
          this.#tracks.set(id, one);
          break;
        case "codec":
          this.#codecs.set(id, one);
          break;
        case "candidate-pair":
          this.#pairs.set(id, one);
          break;
        case "transport":
          this.#selected.add(text(one["selectedCandidatePairId"]));
      }
    }
    for (const ours of [this.outbound, this.inbound]) this.#assign(ours, remotes.flatMap(([of, one]) => (of === ours ? [one] : [])));
    if (this.#tracks.size === 0) return;
    for (const ours of [this.inbound, this.outbound]) {
      for (const [id, one] of ours) {
        // Chrome before 2023, and Safari, count sizes, freezes and playing in an object of the track.
        const track = this.#tracks.get(text(one["trackId"]));
        if (track) ours.set(id, { ...track, ...one });
      }
    }
  }

  #assign(ours: ReadonlyMap<string, One>, remotes: readonly One[]): void {
    const bySsrc = new Map([...ours].map(([id, one]) => [ssrcOf(one), id]));
    bySsrc.delete("");
    for (const one of remotes) {
      const local = text(one["localId"]);
      const found = ours.has(local) ? local : bySsrc.get(ssrcOf(one));
      if (found !== undefined) this.remotes.set(found, one);
    }
  }

  kindOf(direction: Direction, stats: One): Kind | null {
    const kind = stats["kind"] || stats["mediaType"];
    if (kind === "audio") return "audio";
    if (kind !== "video") return null;
    const source = direction === "outbound" ? this.sources.get(text(stats["mediaSourceId"])) : undefined;
    const names = [stats["trackIdentifier"], source?.["trackIdentifier"], stats["mid"]].map(text);
    return stats["contentType"] === "screenshare" || names.some((name) => name && this.screen.includes(name)) ? "screen" : "video";
  }

  counters(direction: Direction, stats: One): Numbers {
    if (direction === "inbound") {
      const counters = numbers(stats, INBOUND);
      // Firefox's old word.
      const late = positive(stats["discardedPackets"]);
      if (late !== null && !counters.has("packetsDiscarded")) counters.set("packetsDiscarded", late);
      return counters;
    }
    const source = this.sources.get(text(stats["mediaSourceId"]));
    const counters = new Map([...numbers(stats, OUTBOUND), ...(source ? numbers(source, SOURCE) : [])]);
    const durations = stats["qualityLimitationDurations"];
    if (typeof durations === "object" && durations !== null) {
      for (const limit of LIMITS) {
        const seconds = positive((durations as One)[limit]);
        if (seconds !== null) counters.set(`limit.${limit}`, seconds);
      }
    }
    return counters;
  }

  /** What it is called, and what protects it where that is known: for sound. */
  codecOf(id: string): Codec | null {
    let named = this.#named.get(id);
    if (named === undefined) this.#named.set(id, (named = this.#name(id)));
    return named;
  }

  #name(id: string): Codec | null {
    const codec = this.#codecs.get(id);
    if (!codec) return null;
    const [kind, name] = parted(text(codec["mimeType"]));
    if (!isName(name)) return null;
    if (kind.toLowerCase() !== "audio") return [name, null];
    const parameters = text(codec["sdpFmtpLine"]);
    if (name.toLowerCase() !== "red") return [name, hasFec(parameters) ? "fec" : "none"];
    // Its parameters are the payload types that it carries: "111/111".
    const [carried] = parted(parameters);
    for (const other of this.#codecs.values()) {
      const payload = positive(other["payloadType"]);
      if (other === codec || payload === null || String(Math.floor(payload)) !== carried) continue;
      const [, inner] = parted(text(other["mimeType"]));
      if (isName(inner)) return [inner, hasFec(text(other["sdpFmtpLine"])) ? "red_fec" : "red"];
    }
    return [name, "red"];
  }

  /** The pair that the transport names; else the one marked so; else of those nominated the one that carried most. */
  selectedPair(): [string, One] | null {
    const pairs = [...this.#pairs];
    const named = pairs.find(([id]) => this.#selected.has(id)) ?? pairs.find(([, pair]) => pair["selected"] === true);
    const nominated = pairs.filter(([, pair]) => pair["nominated"] === true && pair["state"] === "succeeded");
    return named ?? first(nominated, ([, pair]) => (positive(pair["bytesSent"]) ?? 0) + (positive(pair["bytesReceived"]) ?? 0)) ?? null;
  }
}

function samplesOf(start: number, end: number, parts: readonly Part[], peers: ReadonlyMap<string, Peer>): Measured[] {
  const busiest = Math.max(0, ...[...peers.values()].map(({ bytes }) => bytes));
  const carrying = new Map([...peers].filter(([, { bytes }]) => bytes >= IDLE * busiest));
  const used = parts.filter(({ pc }) => carrying.has(pc));
  const samples: Measured[] = [];
  for (const direction of DIRECTIONS) {
    for (const kind of KINDS) {
      const ofIt = used.filter((part) => part.direction === direction && part.kind === kind && (part.spans.length > 0 || part.resets > 0));
      if (ofIt.length > 0) samples.push(sample(start, end, direction, kind, ofIt, used, [...carrying.values()]));
    }
  }
  return samples;
}

function sample(start: number, end: number, direction: Direction, kind: Kind, parts: Part[], all: Part[], peers: Peer[]): Measured {
  const active = parts.filter(({ isActive }) => isActive);
  const lively = active.length > 0 ? active : parts;
  const ms = covered(parts);
  const inbound = direction === "inbound";
  const visible = kind !== "audio";
  const flow = inbound ? "Received" : "Sent";
  const octets = sum(parts, `bytes${flow}`);
  const flowed = (parts.some(({ openSpans }) => openSpans.length > 0) ? sum(parts, "open_bytes") : octets) ?? 0;
  const discarded = ratioOfSums(parts, ["packetsDiscarded"], "packetsReceived");
  const holes = ratioOfSums(parts, ["concealedSamples"], "totalSamplesReceived");
  // What comes too late leaves a hole, which is concealed. Without holes the discarded were second copies: redundant audio.
  const copied = !visible && discarded !== null && holes !== null && discarded > 0.5 && holes < discarded / 2;
  const path = pathRtt(peers);
  const rtt = mediaRtt(parts, all.filter((part) => part.kind === kind), all);
  const alone = new Set(parts.map(({ pc }) => pc)).size === 1;
  const [width, height, fps] = visible ? picture(lively, alone) : [null, null, null];
  const named = first(parts.filter(({ codec }) => codec), (part) => part.get(`bytes${flow}`));
  const frozen = inbound && visible ? ratio(still(lively, "freeze_ms", alone), pictureMs(lively, alone)) : null;
  const known = {
    packet_loss_pct: pct(inbound ? lossInbound(parts) : lossOutbound(parts)),
    late_loss_pct: inbound ? pct(copied ? holes : discarded) : null,
    rtt_ms: milliseconds(rtt ?? path),
    path_rtt_ms: milliseconds(path),
    jitter_ms: milliseconds(mean(active, inbound ? "jitter" : "remote.jitter", 1000)),
    jitter_buffer_ms: milliseconds(times(ratioOfSums(parts, ["jitterBufferDelay"], "jitterBufferEmittedCount"), 1000)),
    packets: count(sum(parts, `packets${flow}`)),
    bytes: count(octets),
    bitrate_kbps: within(octets === null || ms === 0 ? null : (8 * flowed) / ms, 1e9),
    target_kbps: inbound ? null : within(target(parts, ms), 1e9),
    available_outgoing_kbps: inbound ? null : within(available(peers), 1e9),
    codec: named?.codec ?? null,
    protection: (copied && named?.protection && COPIED[named.protection]) || (named?.protection ?? null),
    concealment_pct: inbound ? pct(ratioOfSums(parts, ["concealedSamples", "silentConcealedSamples"], "totalSamplesReceived")) : null,
    width,
    height,
    fps,
    fps_expected: within(mean(lively, "source_fps", 1), 10_000),
    freeze_ratio: frozen === null ? null : Math.min(1, rounded(frozen, 10_000)),
    freeze_count: inbound && visible ? count(still(lively, "freezes", alone)) : null,
    frames_dropped_pct: inbound && visible ? pct(ratioOfSums(parts, ["framesDropped"], "framesReceived")) : null,
    limitation: limitation(parts),
  };
  const resets = added(parts.map((part) => part.resets));
  return {
    started_at: new Date(start).toISOString(),
    interval_ms: end - start,
    direction,
    kind,
    ...(isMuted(parts, all) && { muted: true as const }),
    ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null)) as Partial<Measured>),
    ...(resets > 0 && { counter_resets: resets }),
  };
}

/** Said so; or nothing is attached to send; or it is not sent, though something else is; or it was digital silence, which no open microphone gives. */
function isMuted(parts: readonly Part[], all: readonly Part[]): boolean {
  const spanned = parts.filter(({ spans }) => spans.length > 0);
  if (first(spanned, ({ spans }) => spans.at(-1)![1])?.muted || (spanned.length > 0 && spanned.every(({ off }) => off))) return true;
  if (added(parts.map(({ packets }) => packets)) === 0) {
    return parts[0]!.direction === "outbound" && parts.some(({ sums }) => sums.has("packetsSent")) && all.some((part) => part.get("packetsSent") > 0);
  }
  const heard = parts.filter((part) => part.kind === "audio" && part.get("totalSamplesDuration") > 0);
  return heard.length > 0 && heard.every(({ sums }) => sums.get("totalAudioEnergy") === 0);
}

function lossInbound(parts: readonly Part[]): number | null {
  let lost = 0;
  let expected = 0;
  for (const part of parts) {
    if (!part.sums.has("packetsLost") || !part.sums.has("packetsReceived")) continue;
    const gone = Math.max(0, part.get("packetsLost"));
    lost += gone;
    expected += gone + part.get("packetsReceived") - part.get("retransmittedPacketsReceived");
  }
  return expected > 0 ? lost / expected : null;
}

/** What the other side misses of what was sent. When it reported nothing, nothing is known, least of all that all arrived. */
function lossOutbound(parts: readonly Part[]): number | null {
  let lost = 0;
  let sent = 0;
  for (const part of parts) {
    if (!part.sums.has("remote.packetsLost")) continue;
    lost += Math.max(0, part.get("remote.packetsLost"));
    sent += part.get("reported");
  }
  return sent > 0 ? lost / sent : mean(parts, "remote.fractionLost", 1);
}

/** The mean of the interval, of the first parts that know one; else what was measured last. */
function mediaRtt(...choices: (readonly Part[])[]): number | null {
  for (const parts of choices) {
    const exact = ratioOfSums(parts, ["remote.totalRoundTripTime"], "remote.roundTripTimeMeasurements");
    if (exact !== null) return 1000 * exact;
  }
  for (const parts of choices) {
    const last = mean(parts, "remote.roundTripTime", 1000);
    if (last !== null) return last;
  }
  return null;
}

function pathRtt(peers: readonly Peer[]): number | null {
  let [total, number, gauged, over] = [0, 0, 0, 0];
  for (const { sums, means } of peers) {
    total += sums.get("totalRoundTripTime") ?? 0;
    number += sums.has("totalRoundTripTime") ? (sums.get("responsesReceived") ?? 0) : 0;
    const [value, ms] = means.get("currentRoundTripTime") ?? [0, 0];
    gauged += value;
    over += ms;
  }
  if (number > 0) return (1000 * total) / number;
  return over > 0 ? (1000 * gauged) / over : null;
}

function available(peers: readonly Peer[]): number | null {
  const means = peers.flatMap((peer) => (peer.means.has("availableOutgoingBitrate") ? [peer.means.get("availableOutgoingBitrate")!] : []));
  return means.length > 0 ? added(means.map(([total, ms]) => total / ms / 1000)) : null;
}

/** Of all layers: one that was sent half of the time counts half. */
function target(parts: readonly Part[], ms: number): number | null {
  const totals = parts.flatMap(({ means }) => means.get("target")?.[0] ?? []);
  return totals.length > 0 && ms > 0 ? added(totals) / ms / 1000 : null;
}

/** For how long there might have been pictures. A peer connection that carries nothing at all, while another carries the same, was left for the other. */
function pictureMs(parts: readonly Part[], alone: boolean): number {
  return added(parts.map((part) => part.get("picture_ms") + (alone ? part.get("idle_ms") : 0)));
}

function still(parts: readonly Part[], name: string, alone: boolean): number | null {
  const known = parts.filter(({ sums }) => sums.has(name) || sums.has(`idle_${name}`));
  return known.length > 0 ? added(known.map((part) => part.get(name) + (alone ? part.get(`idle_${name}`) : 0))) : null;
}

/** Sizes are weighted by their frames; several pictures at once count as one as large as all of them. */
function picture(parts: readonly Part[], alone: boolean): [width: number | null, height: number | null, fps: number | null] {
  const seen = parts.filter(({ sums }) => sums.has("frames"));
  const ms = pictureMs(seen, alone);
  if (ms === 0) return [null, null, null];
  const fps = within((1000 * added(seen.map((part) => part.get("frames")))) / ms, 10_000);
  const sized = seen.filter((part) => part.get("sized_frames") > 0);
  const largest = first(sized, ({ width, height }) => width * height);
  if (!largest) return [null, null, fps];
  const area = added(sized.map((part) => part.get("pixels"))) / added(sized.map((part) => part.get("sized_frames")));
  const atOnce = Math.max(1, ms / covered(seen));
  const scale = Math.sqrt((area * atOnce) / (largest.width * largest.height));
  return [pixels(largest.width * scale), pixels(largest.height * scale), fps];
}

function limitation(parts: readonly Part[]): Limitation | null {
  const over = sum(parts, "limited_ms");
  if (!over) return null;
  return LIMITS.slice(1).find((limit) => 1000 * (sum(parts, `limit.${limit}`) ?? 0) > over / 2) ?? "none";
}

/** For how long at least one of them was watched, and not muted; where all were muted all the time, for how long they were. */
function covered(parts: readonly Part[]): number {
  let ms = 0;
  let until = -1;
  const open = parts.flatMap(({ openSpans }) => openSpans);
  const spans = open.length > 0 ? open : parts.flatMap((part) => part.spans);
  for (const [began, ended] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (ended <= until) continue;
    ms += ended - Math.max(began, until);
    until = ended;
  }
  return ms;
}

function sum(parts: readonly Part[], name: string): number | null {
  const known = parts.filter(({ sums }) => sums.has(name));
  return known.length > 0 ? added(known.map((part) => part.get(name))) : null;
}

function added(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(above: number | null, below: number): number | null {
  return above !== null && below ? above / below : null;
}

/** The sum of the first name, less those of the others, over that of `below`; of the parts that know all of them. */
function ratioOfSums(parts: readonly Part[], [above, ...less]: readonly [string, ...string[]], below: string): number | null {
  let over = 0;
  let under = 0;
  for (const part of parts) {
    if (![above, ...less, below].every((name) => part.sums.has(name))) continue;
    over += Math.max(0, less.reduce((value, name) => value - part.get(name), part.get(above)));
    under += part.get(below);
  }
  return under > 0 ? over / under : null;
}

function weigh(means: Map<string, Mean>, name: string, value: number | null, ms: number): void {
  if (value === null) return;
  const [total, over] = means.get(name) ?? [0, 0];
  means.set(name, [total + value * ms, over + ms]);
}

function mean(parts: readonly Part[], name: string, factor: number): number | null {
  const known = parts.flatMap(({ means }) => (means.has(name) ? [means.get(name)!] : []));
  const over = added(known.map(([, ms]) => ms));
  return over > 0 ? (factor * added(known.map(([total]) => total))) / over : null;
}

function times(value: number | null, factor: number): number | null {
  return value === null ? null : factor * value;
}

function rounded(value: number, steps = 1000): number {
  return Math.floor(value * steps + 0.5) / steps;
}

function within(value: number | null, most: number): number | null {
  return value !== null && value >= 0 && value <= most ? rounded(value) : null;
}

function milliseconds(value: number | null): number | null {
  return within(value, 3_600_000);
}

function pct(part: number | null): number | null {
  return part === null ? null : Math.min(100, within(100 * part, 1e9) ?? 0);
}

function count(value: number | null): number | null {
  return value !== null && value >= 0 && value <= MOST_NUMBER ? Math.floor(value) : null;
}

function pixels(value: number): number | null {
  return value >= 0.5 && value <= 100_000 ? Math.floor(value + 0.5) : null;
}

/** A finite number that a double holds exactly enough. Text is none, and neither is a truth. */
function number(value: unknown): number | null {
  return typeof value === "number" && value >= -MOST_NUMBER && value <= MOST_NUMBER ? value : null;
}

function positive(value: unknown): number | null {
  const known = number(value);
  return known !== null && known >= 0 ? known : null;
}

function numbers(stats: One, names: readonly string[]): Numbers {
  const found: Numbers = new Map();
  for (const name of names) {
    const value = name === "packetsLost" ? number(stats[name]) : positive(stats[name]);
    if (value !== null) found.set(name, value);
  }
  return found;
}

function tell(stats: One): string {
  return ["timestamp", "jitter", "roundTripTime", "fractionLost", ...REMOTE].map((name) => number(stats[name])).join();
}

function text(value: unknown): string {
  return typeof value === "string" && value.length <= LONGEST_ID ? value : "";
}

function ssrcOf(stats: One): string {
  return text(stats["ssrc"]) || (number(stats["ssrc"])?.toFixed(0) ?? "");
}

/** What stands before the first slash, and after it. */
function parted(name: string): [string, string] {
  const at = name.indexOf("/");
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at + 1)];
}

function isName(name: string): boolean {
  return /^[\x20-\x7e]{1,50}$/.test(name);
}

function hasFec(parameters: string): boolean {
  return parameters.replaceAll(" ", "").split(";").includes("useinbandfec=1");
}

/** The first of those for which `measure` is largest. */
function first<T>(of: readonly T[], measure: (one: T) => number): T | undefined {
  return of.reduce<T | undefined>((best, one) => (best === undefined || measure(one) > measure(best) ? one : best), undefined);
}

/** Keep it as the one named last, and forget the one not named for longest when there are too many. */
function again<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
