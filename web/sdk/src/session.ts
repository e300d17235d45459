import { backoff } from "./backoff.js";
import { defaultStore, type FactStore, type Sender } from "./facts.js";
import { uuid7 } from "./ids.js";
import { askToJoin, askToResume, JoinRefused, type JoinRequest } from "./join.js";
import { Line, type Verdict, type Welcome } from "./line.js";
import { Outbox } from "./outbox.js";
import { address, type Admitted, type CallSettings, type CallView, type FromServer, type IceServer, type JoinAnswer, type Online, type ParticipantView } from "./protocol.js";
import { SampleQueue } from "./samples.js";
import type { Hints, Kind, Measured } from "./stats.js";
import { entriesOf, Watch, type StatsOptions } from "./watch.js";

/** How long facts wait for a socket that is about to open before they are posted. */
const PATIENCE_MS = 5_000;
/** How long `end` waits for the server to have everything. What is not sent by then is sent later. */
const GOODBYE_MS = 2_000;
/** How long a host's commands are tried for. */
const COMMAND_MS = 5_000;
/** A lease is three heartbeats: absent for longer, the server has said that we are gone. */
const LEASE_HEARTBEATS = 3;
/** More new connections than this in a minute: another page has taken our place and we would take it in turns. */
const RESUMES_A_MINUTE = 3;
const UNREACHABLE = "server.unreachable";
const CUSTOM_BYTES = 2_048;
/** How long the server lets words be; what is longer is cut here rather than refused there. */
const WORD = 50;
const REASON = 200;
const TEXT = 2_000;

/** `waiting`: a host has yet to let this person in. */
export type SessionState = "waiting" | "connecting" | "connected" | "ended" | "failed";

export interface StateChange {
  state: SessionState;
  /** The socket is open: others hear us and the record is live. */
  online: boolean;
  /** Why it ended or failed: an end reason or an error code. */
  reason: string | null;
}

export interface Warning {
  code: string;
  detail: string;
}

export interface SessionEvents {
  /** The record of the call changed. */
  call: CallView;
  presence: readonly Online[];
  signal: { from: string; body: unknown };
  state: StateChange;
  /** A host let us in: media can begin, with what this answer brings. */
  admitted: JoinAnswer;
  /** We were put out, or not let in; `detail` may be shown. The state is `ended`. */
  out: { code: string; detail: string };
  /** Something went wrong that the host need not act on. */
  warning: Warning;
  /** The same participant has another connection: keep `session.resumeSecret`. */
  resumed: JoinAnswer;
  /** Another connection was put out: close the peer connection to it. */
  closePeer: { connection: string };
}

export interface MediaState {
  cameraEnabled?: boolean;
  micEnabled?: boolean;
  screenShared?: boolean;
  /** How audio is carried, in the host's words: "wifi", "cellular", "speaker". */
  audioOption?: string;
}

export interface SessionOptions {
  /** Where the server is, without a trailing slash: `https://calls.example.org`. */
  url: string;
  /** Where facts lie until they are sent. Default: IndexedDB, else memory. */
  store?: FactStore;
  /** How quality is measured. */
  stats?: StatsOptions;
}

/** Use an invite and be a participant of the call. Rejects with `JoinRefused` or `Unreachable`. */
export async function join(options: SessionOptions & JoinRequest): Promise<Session> {
  return attach(await askToJoin(options.url, options), options);
}

/** Come back as the same participant, with another connection: after a page refresh. Who waits, waits on. Rejects with `JoinRefused` or `Unreachable`. */
export async function resume(options: SessionOptions & { resume: string } & Pick<JoinRequest, "consent">): Promise<Session> {
  return attach(await askToResume(options.url, options), options);
}

/** Take up a join that the host's own server has asked for (`POST /v1/calls/{id}/join`). */
export function attach(answer: JoinAnswer, options: SessionOptions): Session {
  return new Session(answer, options);
}

/**
 * One participant's stay in a call. Nothing here throws into the host: a call must go on when telling of it does not
 * work. What goes wrong is told by the `warning` event, and once to the console.
 */
export class Session {
  readonly #url: string;
  readonly #outbox: Outbox;
  readonly #samples: SampleQueue;
  readonly #watch: Watch;
  readonly #listeners = new Map<keyof SessionEvents, Set<(event: never) => void>>();
  readonly #warned = new Set<string>();
  #answer: JoinAnswer;
  #sender: Sender;
  #line: Line;
  #state: SessionState;
  #reason: string | null = null;
  #call: CallView | null = null;
  #present: readonly Online[] = [];
  #media: MediaState = {};
  #started: number | null = null;
  /** The media path stands, as far as we were told. */
  #mediaUp = false;
  /** `participant.connected` was said for this connection. */
  #saidConnected = false;
  #lostAt: number | null = null;
  #leaseMs: number;
  #clockOffsetMs: number;
  #resumedAt: number[] = [];
  #mediaFollowsConnection = false;
  #unlisten: () => void = () => undefined;

  /** Use `join`, `resume` or `attach`. */
  constructor(answer: JoinAnswer, { url, store = defaultStore(), stats = {} }: SessionOptions) {
    this.#url = url;
    this.#answer = answer;
    this.#state = answer.waiting ? "waiting" : "connecting";
    this.#outbox = new Outbox(
      store,
      (code, detail) => this.#warn(code, detail),
      (count) => this.#record("error.occurred", { code: "sdk.facts_dropped", message: `${count} facts found no room` }),
    );
    this.#samples = new SampleQueue((code, detail) => this.#warn(code, detail));
    this.#watch = new Watch({
      sampleMs: 1000 * (answer.settings.sample_seconds ?? 10),
      ...stats,
      hints: () => this.#hints(),
      measured: (samples) => this.#measured(samples),
      spoke: (ended, durationMs) => this.#record("speaker.spoke", { duration_ms: durationMs }, ended),
    });
    this.#sender = senderOf(answer, url);
    this.#outbox.own(this.#sender);
    this.#leaseMs = LEASE_HEARTBEATS * 1000 * (answer.settings.heartbeat_seconds ?? 15);
    this.#clockOffsetMs = offset(answer.server_time);
    this.#line = this.#newLine();
  }

  get callId(): string {
    return this.#answer.call_id;
  }

  get room(): string {
    return this.#answer.room;
  }

  get mode(): string {
    return this.#call?.mode ?? this.#answer.mode;
  }

  /** The id of the present connection; another one after `resumed`. */
  get connection(): string {
    return this.#answer.connection;
  }

  get participant(): JoinAnswer["participant"] {
    return this.#answer.participant;
  }

  /** Gives this participant another connection. A secret: session storage, never an address. */
  get resumeSecret(): string {
    return this.#answer.resume;
  }

  get iceServers(): readonly IceServer[] {
    return this.#answer.ice_servers;
  }

  get settings(): CallSettings {
    return { ...this.#answer.settings, ...this.#call?.settings };
  }

  /** The record as last heard, null before the first welcome. */
  get call(): CallView | null {
    return this.#call;
  }

  /** Who waits to be let in, in the order in which they came. Hosts alone are told. */
  get waiting(): readonly ParticipantView[] {
    return (this.#call?.participants ?? []).filter(({ status }) => status === "waiting");
  }

  /** Connections whose sockets are open, ours among them. */
  get present(): readonly Online[] {
    return this.#present;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why it ended or failed. */
  get reason(): string | null {
    return this.#reason;
  }

  get online(): boolean {
    return this.#line.isOpen;
  }

  /** What has been told of our media. */
  get media(): Readonly<MediaState> {
    return this.#media;
  }

  /** The server's clock, in milliseconds. */
  now(): number {
    return Date.now() + this.#clockOffsetMs;
  }

  /** Milliseconds since `start`, or since one was let in; null before it. */
  get sinceStart(): number | null {
    return this.#started === null ? null : Date.now() - this.#started;
  }

  on<Name extends keyof SessionEvents>(name: Name, listener: (event: SessionEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Open the socket and tell what media we come with. Camera and microphone count as on when nothing is said of them. */
  start(media: MediaState = {}): void {
    if (this.#started !== null || this.#isOver()) return;
    this.#started = Date.now();
    this.#outbox.wire(this.connection, null, PATIENCE_MS);
    this.update({ cameraEnabled: true, micEnabled: true, ...this.#media, ...media });
    this.#unlisten = onPageGone(
      () => this.#pageGone(),
      () => void this.#comeBack(),
    );
    this.#line.open();
    void this.#outbox.sendLeftOver();
  }

  /** Media flows. `setupMs`: how long that took. */
  connected({ setupMs }: { setupMs?: number } = {}): void {
    if (!this.#isIn()) return;
    const again = this.#saidConnected;
    if (again && this.#mediaUp) return;
    this.#mediaUp = true;
    this.#saidConnected = true;
    if (again) this.#record("participant.reconnected", {});
    else this.#record("participant.connected", setupMs === undefined ? {} : { setup_ms: Math.max(0, Math.round(setupMs)) });
    this.#become("connected");
  }

  /** Media stopped flowing. `at`: when, if that is not now. */
  disconnected(reason?: string, { at }: { at?: Date } = {}): void {
    if (!this.#isIn() || !this.#mediaUp) return;
    this.#mediaUp = false;
    this.#record("participant.disconnected", reason ? { reason: clip(reason, REASON) } : {}, at);
  }

  /**
   * Send what waits now, and resolve once nothing does or the time is up: for an app that goes to the background, where no
   * `pagehide` tells us. Never rejects; what could not be sent stays in the store.
   */
  async flush(withinMs = GOODBYE_MS): Promise<void> {
    this.#outbox.hurry(this.connection);
    await Promise.all([this.#outbox.drained(this.connection, withinMs), this.#samples.drain(withinMs)]);
  }

  /** Media flows again. `mediaKept`: it never stopped, only the server could not be told. */
  reconnected({ mediaKept }: { mediaKept?: boolean } = {}): void {
    if (!this.#isIn()) return;
    if (!this.#saidConnected) return this.connected();
    this.#mediaUp = true;
    this.#record("participant.reconnected", mediaKept === undefined ? {} : { media_kept: mediaKept });
  }

  /** What changed of our media; what is left out stays as it was. */
  update(media: MediaState): void {
    if (this.#isOver()) return;
    const changed = Object.fromEntries(
      Object.entries(media).filter(([name, value]) => value !== undefined && value !== this.#media[name as keyof MediaState]),
    ) as MediaState;
    this.#tellMedia(changed);
  }

  /**
   * Measure the quality of this peer connection until it is closed or the session is over; `P2pMedia` does so with its own.
   * Gives what stops it. `hints` tells what the statistics cannot: which received tracks are screens, what of it is muted.
   */
  watch(peerConnection: RTCPeerConnection, hints?: () => Hints): () => void {
    return this.#watch.add(peerConnection, hints);
  }

  /** The same for an engine that gives its statistics only now and then: what `getStats` gave, of the peer connection of that name. */
  reportStats(report: unknown, { name = "host", ...hints }: Hints & { name?: string } = {}): void {
    if (!this.#isOver()) this.#watch.take(name, Date.now(), entriesOf(report), hints);
  }

  /** The person says that something is wrong. Also after the end. */
  reportIssue(text: string): void {
    if (text.trim()) this.#record("issue.reported", { text: clip(text, TEXT) });
  }

  /** Something went wrong on this side; `permission_denied` is a camera or microphone that the browser may not use. Also after the end. */
  reportError(code: string, message?: string): void {
    if (code.trim()) this.#record("error.occurred", { code: clip(code, WORD), ...(message?.trim() && { message: clip(message, TEXT) }) });
  }

  /** How it was, 1 to 5. Also after the end. */
  rate(stars: number, comment?: string): void {
    const whole = Math.min(5, Math.max(1, Math.round(stars)));
    this.#record("rating.submitted", comment?.trim() ? { stars: whole, comment: clip(comment, TEXT) } : { stars: whole });
  }

  chatSent(): void {
    if (!this.#isOver()) this.#record("chat.sent", {});
  }

  reactionSent(kind?: string): void {
    if (!this.#isOver()) this.#record("reaction.sent", kind ? { kind: clip(kind, WORD) } : {});
  }

  /** A fact of the host's own: `custom.…`, at most 2 KB. */
  custom(type: string, data: Record<string, unknown> = {}): void {
    if (!type.startsWith("custom.")) return this.#warn("fact.refused", `${type} must begin with "custom."`);
    let json: string;
    try {
      json = JSON.stringify(data);
    } catch (error) {
      return this.#warn("fact.refused", `${type}: ${String(error)}`);
    }
    if (new TextEncoder().encode(json).length > CUSTOM_BYTES) return this.#warn("fact.refused", `${type} carries more than 2 KB.`);
    this.#record(type, JSON.parse(json) as Record<string, unknown>);
  }

  /** It did not work, and we give up. */
  failed(reason: string): void {
    if (this.#isOver()) return;
    this.#watch.finish();
    this.#record(this.#state === "waiting" ? "participant.left" : "participant.failed", { reason: clip(reason, REASON) || "error" });
    const line = this.#finish("failed", reason);
    void this.#sayGoodbye(line);
  }

  /** Leave with this connection. Resolves when the server knows, or after two seconds. */
  async end(reason = "normal"): Promise<void> {
    if (this.#isOver()) return;
    this.#watch.finish();
    this.#record("participant.left", { reason: clip(reason, REASON) || "normal" });
    const line = this.#finish("ended", reason);
    await this.#sayGoodbye(line);
  }

  /** End the call for everybody, also for who waits; only a host may. When the server cannot be reached, we leave all the same. */
  async endCall(): Promise<void> {
    if (this.#isOver()) return;
    const refused = await this.#command("/end", 409);
    if (this.#isOver()) return;
    if (refused === null) this.#closeLine(this.#finish("ended", "normal"));
    else if (refused.code !== UNREACHABLE) this.#warn("end.refused", refused.detail);
    else {
      this.#warn("end.unreachable", "The call could not be ended for all: the server does not answer.");
      await this.end();
    }
  }

  /** Let somebody in who waits; only a host may. Gives null when that is done, else why it is not. */
  admit(participantId: string): Promise<Warning | null> {
    return this.#command(`/participants/${encodeURIComponent(participantId)}/admit`);
  }

  /** Send somebody away who waits; only a host may. Gives null when that is done, else why it is not. */
  refuse(participantId: string): Promise<Warning | null> {
    return this.#command(`/participants/${encodeURIComponent(participantId)}/refuse`);
  }

  /** Hand something to another connection's page. False when our socket is not open. */
  signal(to: string, body: unknown): boolean {
    return this.#line.say({ type: "signal", to, body });
  }

  /** Ask for the record again. */
  resync(): void {
    this.#line.say({ type: "resync" });
  }

  /**
   * Says that media is negotiated between connections (`P2pMedia` does), so that it starts anew with a new connection.
   * Otherwise the media is the host's and goes on when only our connection is another.
   */
  mediaFollowsConnection(): void {
    this.#mediaFollowsConnection = true;
  }

  #isIn(): boolean {
    return this.#state === "connecting" || this.#state === "connected";
  }

  #isOver(): boolean {
    return this.#state === "ended" || this.#state === "failed";
  }

  /** Who waits is in no call yet: of them there is nothing to tell but that they go. */
  #record(type: string, data: Record<string, unknown>, at: Date = new Date()): void {
    if (this.#state === "waiting" && type !== "participant.left") {
      return this.#warn("session.waiting", `${type} is not told while waiting to be let in.`);
    }
    this.#outbox.add({ id: uuid7(), type, occurred_at: at.toISOString(), data }, this.#sender);
  }

  #tellMedia(media: MediaState): void {
    Object.assign(this.#media, media);
    if (this.#state === "waiting") return;
    const words = { audio_enabled: media.micEnabled, video_enabled: media.cameraEnabled, screen_shared: media.screenShared, audio_option: media.audioOption && clip(media.audioOption, WORD) };
    const changed = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined && value !== ""));
    if (Object.keys(changed).length > 0) this.#record("media.changed", changed);
  }

  #hints(): Hints {
    const { micEnabled, cameraEnabled, screenShared } = this.#media;
    const muted: Kind[] = [];
    if (micEnabled === false) muted.push("audio");
    if (cameraEnabled === false) muted.push("video");
    if (screenShared === false) muted.push("screen");
    const others = (this.#call?.participants ?? []).filter(({ id, connections }) => id !== this.participant.id && connections.some(({ status }) => status === "connected"));
    const remoteMuted: Kind[] = [];
    if (others.length > 0 && others.every((one) => one.audio_enabled === false)) remoteMuted.push("audio");
    if (others.length > 0 && others.every((one) => one.video_enabled === false)) remoteMuted.push("video");
    return { muted, remoteMuted };
  }

  #measured(samples: readonly Measured[]): void {
    if (this.#state === "waiting") return;
    this.#samples.add(samples.map((sample) => ({ id: uuid7(), ...sample })), this.#sender);
  }

  #newLine(): Line {
    const connection = this.connection;
    const line: Line = new Line({
      address: () => address(this.#url, this.#answer.socket).replace(/^http/, "ws"),
      token: () => this.#answer.token,
      welcome: (message) => {
        this.#outbox.wire(connection, line);
        this.#samples.wire(connection, line);
        this.#welcome(message);
      },
      message: (message) => this.#hear(message),
      lost: () => {
        this.#lostAt = Date.now();
        this.#outbox.wire(connection, null, PATIENCE_MS);
        this.#samples.wire(connection, null);
        this.#emitState();
      },
      verdict: (verdict) => this.#take(verdict),
    });
    return line;
  }

  #welcome(message: Welcome): void {
    this.#clockOffsetMs = offset(message.server_time);
    this.#leaseMs = LEASE_HEARTBEATS * 1000 * message.heartbeat_seconds;
    const away = this.#lostAt === null ? 0 : Date.now() - this.#lostAt;
    this.#lostAt = null;
    if (away >= this.#leaseMs && this.#mediaUp) this.reconnected({ mediaKept: true });
    this.#emitState();
    if (message.waiting) return;
    // Let in while the socket was away: what belongs to it has to be asked for.
    if (this.#state === "waiting") return void this.#comeBack();
    this.#setPresent(message.online ?? []);
    if (message.call) this.#setCall(message.call);
  }

  #letIn(admitted: Admitted): void {
    if (this.#state !== "waiting") return;
    const { ice_servers, connect_until, settings } = admitted;
    this.#answer = { ...this.#answer, waiting: false, ice_servers, connect_until, settings: { ...this.#answer.settings, ...settings } };
    this.#begin();
    this.#setPresent(admitted.online);
    this.#setCall(admitted.call);
  }

  /** From waiting into the call. */
  #begin(): void {
    this.#started = Date.now();
    this.#become("connecting");
    this.#tellMedia(this.#media);
    this.#emit("admitted", this.#answer);
  }

  #hear(message: FromServer): void {
    switch (message.type) {
      case "admitted":
        return this.#letIn(message);
      case "call":
        return this.#setCall(message.call);
      case "presence":
        return this.#setPresent(message.online);
      case "signal":
        return this.#emit("signal", { from: message.from, body: message.body });
      case "close_peer":
        return this.#emit("closePeer", { connection: message.connection });
      case "out":
        return this.#putOut(message.code, message.detail);
      case "error":
        return this.#warn(message.code, message.detail);
    }
  }

  #setCall(call: CallView): void {
    if (this.#call && call.id === this.#call.id && call.version <= this.#call.version) return;
    this.#call = call;
    this.#emit("call", call);
    if (callIsOver(call)) this.#closeLine(this.#finish("ended", call.end_reason ?? call.status));
  }

  #setPresent(present: readonly Online[]): void {
    this.#present = present;
    this.#emit("presence", present);
  }

  #take(verdict: Verdict): void {
    this.#outbox.wire(this.connection, null);
    this.#samples.wire(this.connection, null);
    this.#emitState();
    if (verdict === "resume") void this.#comeBack();
    else if (verdict === "stop" && this.#state === "waiting") this.#putOut("join.refused", "You were not let in.");
    else if (verdict === "stop") this.#putOut("join.revoked", "Your place in this call was taken back.");
    else this.#warn("socket.misunderstood", "The server does not understand this page; facts are posted instead.");
  }

  /** Get another connection for the same participant and carry on with it. */
  async #comeBack(): Promise<void> {
    if (this.#isOver() || this.#started === null) return;
    const now = Date.now();
    this.#resumedAt = [...this.#resumedAt.filter((at) => now - at < 60_000), now];
    if (this.#resumedAt.length > RESUMES_A_MINUTE) {
      return this.#putOut("replaced", "This call was opened elsewhere.");
    }
    const from = this.connection;
    for (let attempt = 0; ; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, attempt === 0 ? Math.random() * 300 : backoff(attempt)));
      if (this.#isOver() || this.connection !== from) return;
      try {
        const answer = await askToResume(this.#url, { resume: this.#answer.resume });
        if (!this.#isOver()) this.#adopt(answer);
        return;
      } catch (error) {
        if (error instanceof JoinRefused) {
          return this.#putOut(error.code, error.detail);
        }
        this.#warn("resume.unreachable", String(error));
      }
    }
  }

  #adopt(answer: JoinAnswer): void {
    const mediaWasUp = this.#mediaUp;
    this.#watch.begin();
    this.#line.close();
    this.#outbox.over(this.connection);
    this.#answer = answer;
    this.#sender = senderOf(answer, this.#url);
    this.#outbox.own(this.#sender);
    this.#outbox.wire(answer.connection, null, PATIENCE_MS);
    this.#lostAt = null;
    this.#mediaUp = false;
    this.#saidConnected = false;
    this.#present = [];
    this.#line = this.#newLine();
    const waited = this.#state === "waiting";
    if (answer.waiting) this.#become("waiting");
    else if (waited) this.#begin();
    else this.#tellMedia(this.#media);
    this.#emit("resumed", answer);
    if (mediaWasUp && !this.#mediaFollowsConnection) this.connected();
    this.#line.open();
  }

  /** What a host asks of the call, tried for a while. Null when it is done, as the status `already` says too; else why not. */
  async #command(path: string, already?: number): Promise<Warning | null> {
    const until = Date.now() + COMMAND_MS;
    for (let attempt = 0; ; attempt++) {
      const response = await this.#ask(path, until - Date.now());
      if (response && (response.ok || response.status === already)) return null;
      if (response && response.status !== 429 && response.status < 500) {
        const problem = (await response.json().catch(() => null)) as Partial<Warning> | null;
        return { code: problem?.code ?? String(response.status), detail: problem?.detail ?? `The server answered ${response.status}.` };
      }
      const wait = backoff(attempt, 300);
      if (Date.now() + wait >= until) return { code: UNREACHABLE, detail: "The server does not answer." };
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #ask(path: string, patienceMs: number): Promise<Response | null> {
    try {
      return await fetch(address(this.#url, `/v1/calls/${this.callId}${path}`), {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${this.#answer.token}` },
        body: "{}",
        credentials: "omit",
        signal: AbortSignal.timeout(Math.max(patienceMs, 1)),
      });
    } catch {
      return null;
    }
  }

  /** The end of this session; gives the line, which may still be needed to say so. */
  #finish(state: "ended" | "failed", reason: string): Line {
    if (!this.#isOver()) {
      this.#watch.finish();
      this.#mediaUp = false;
      this.#reason = reason;
      this.#unlisten();
      this.#become(state);
    }
    return this.#line;
  }

  #putOut(code: string, detail: string): void {
    if (this.#isOver()) return;
    this.#emit("out", { code, detail });
    this.#closeLine(this.#finish("ended", code));
  }

  async #sayGoodbye(line: Line): Promise<void> {
    await Promise.all([this.#outbox.drained(this.connection, GOODBYE_MS), this.#samples.drain(GOODBYE_MS)]);
    this.#closeLine(line);
  }

  #closeLine(line: Line): void {
    line.close();
    this.#outbox.over(this.connection);
    this.#samples.wire(this.connection, null);
    void this.#samples.drain(GOODBYE_MS);
  }

  #pageGone(): void {
    if (this.#isOver()) return;
    this.#watch.begin();
    this.#record("participant.left", { reason: "page_closed" });
    this.#samples.unload(this.#outbox.unload());
    this.#line.close();
    this.#lostAt ??= Date.now();
  }

  #become(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#emitState();
  }

  #emitState(): void {
    this.#emit("state", { state: this.#state, online: this.online, reason: this.#reason });
  }

  #emit<Name extends keyof SessionEvents>(name: Name, event: SessionEvents[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as ((event: SessionEvents[Name]) => void)[]) {
      try {
        listener(event);
      } catch (error) {
        if (name !== "warning") this.#warn("listener.failed", `A listener to "${name}" failed: ${String(error)}`);
      }
    }
  }

  #warn(code: string, detail: string): void {
    if (!this.#warned.has(code)) {
      this.#warned.add(code);
      console.warn(`callwell: ${detail} (${code})`);
    }
    this.#emit("warning", { code, detail });
  }
}

/** Whether the record says that nothing more will happen in this call. */
export function callIsOver(call: Pick<CallView, "status">): boolean {
  return call.status === "ended" || call.status === "failed";
}

/** At most so many characters, none of which the record cannot hold. */
function clip(text: string, length: number): string {
  const clean = text.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "\uFFFD");
  return clean.length <= length ? clean : Array.from(clean).slice(0, length).join("");
}

function senderOf(answer: JoinAnswer, url: string): Sender {
  return { connection: answer.connection, url, token: answer.token, reportUntil: answer.report_until };
}

function offset(serverTime: string): number {
  const ms = Date.parse(serverTime) - Date.now();
  return Number.isFinite(ms) ? ms : 0;
}

/** Hear when the page goes away, and when the browser brings the very same page back. */
function onPageGone(gone: () => void, back: () => void): () => void {
  if (typeof globalThis.addEventListener !== "function" || typeof window === "undefined") return () => undefined;
  const shown = (event: PageTransitionEvent) => {
    if (event.persisted) back();
  };
  addEventListener("pagehide", gone);
  addEventListener("pageshow", shown);
  return () => {
    removeEventListener("pagehide", gone);
    removeEventListener("pageshow", shown);
  };
}
