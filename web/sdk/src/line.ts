import { backoff } from "./backoff.js";
import type { Answer, Wire } from "./outbox.js";
import { SDK_NAME, type Fact, type FromServer, type SampleFact } from "./protocol.js";
import type { SampleWire } from "./samples.js";

/** From opening the socket to the welcome. */
const OPENING_MS = 10_000;
/** From sending facts to their outcomes. */
const OUTCOMES_MS = 15_000;
/** When the network may have changed under an open socket, it has so long to prove that it lives. */
const PROBE_MS = 5_000;
const TOO_MUCH_MS = 5_000;
const HERD_MS = 3_000;
const SETTLED_MS = 10_000;

export type Welcome = Extract<FromServer, { type: "welcome" }>;

/** Why a line will not come back by itself. */
export type Verdict =
  /** The connection was given up, replaced or its token is no longer known: ask for another connection. */
  | "resume"
  /** Put out: no further try is welcome. */
  | "stop"
  /** Server and page do not understand each other: facts go by POST, nothing else works. */
  | "mute";

export interface LineEvents {
  address(): string;
  token(): string;
  welcome(message: Welcome): void;
  message(message: FromServer): void;
  /** The open socket is gone. Another is tried for, unless a verdict follows. */
  lost(): void;
  verdict(verdict: Verdict): void;
}

/** The socket of one connection, kept open. */
export class Line implements Wire, SampleWire {
  readonly #events: LineEvents;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #socket: WebSocket | null = null;
  #state: "idle" | "opening" | "open" | "waiting" | "stopped" = "idle";
  #heartbeatMs = 15_000;
  #lastHeard = 0;
  #openedAt = 0;
  #attempt = 0;
  #misunderstood = 0;
  #seq = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heart: ReturnType<typeof setInterval> | undefined;
  readonly #stopListening: () => void;

  constructor(events: LineEvents) {
    this.#events = events;
    this.#stopListening = listen(this.#networkChanged);
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  open(): void {
    if (this.#state !== "idle" && this.#state !== "waiting") return;
    clearTimeout(this.#timer);
    this.#state = "opening";
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#events.address());
    } catch {
      this.#retryIn(backoff(this.#attempt++));
      return;
    }
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#drop(1006), OPENING_MS);
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#hear(data);
    };
    // Closing follows and says all there is to know.
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code);
    };
  }

  /** Say good-bye. The line does not come back. */
  close(): void {
    const socket = this.#socket;
    this.#stop();
    socket?.close(1000, "bye");
  }

  /** True when it was handed to an open socket, which is no promise that it arrives. */
  say(message: Record<string, unknown>): boolean {
    if (this.#state !== "open" || !this.#socket) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  send(facts: readonly Fact[]): Promise<Answer> {
    return this.#ask({ type: "events", events: facts });
  }

  sendSamples(samples: readonly SampleFact[]): Promise<Answer> {
    return this.#ask({ type: "samples", samples });
  }

  #ask(message: Record<string, unknown>): Promise<Answer> {
    const seq = ++this.#seq;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle({ kind: "later", afterMs: 0 }), OUTCOMES_MS);
      const settle = (answer: Answer) => {
        clearTimeout(timer);
        this.#answers.delete(seq);
        resolve(answer);
      };
      this.#answers.set(seq, settle);
      if (!this.say({ ...message, seq })) settle({ kind: "later", afterMs: 0 });
    });
  }

  #hear(data: unknown): void {
    let message: FromServer;
    try {
      message = JSON.parse(String(data)) as FromServer;
    } catch {
      return;
    }
    this.#lastHeard = Date.now();
    switch (message.type) {
      case "challenge":
        this.#socket?.send(JSON.stringify({ type: "hello", token: this.#events.token(), at: message.at, now: Date.now(), sdk: SDK_NAME }));
        return;
      case "welcome":
        clearTimeout(this.#timer);
        this.#state = "open";
        this.#openedAt = Date.now();
        this.#heartbeatMs = message.heartbeat_seconds * 1000;
        clearInterval(this.#heart);
        this.#heart = setInterval(this.#beat, this.#heartbeatMs);
        this.#events.welcome(message);
        return;
      case "outcomes":
        this.#misunderstood = 0;
        this.#answers.get(message.seq)?.({ kind: "outcomes", outcomes: message.outcomes });
        return;
      case "retry":
        this.#answers.get(message.seq)?.({ kind: "later", afterMs: Math.max(message.after_ms, 1) });
        return;
      case "heartbeat":
        return;
      default:
        this.#events.message(message);
    }
  }

  readonly #beat = (): void => {
    // A page that slept finds itself here with a socket long dead.
    if (Date.now() - this.#lastHeard >= 2 * this.#heartbeatMs) this.#drop(1006);
    else this.say({ type: "heartbeat" });
  };

  /** The network came back or the page was shown again: do not wait out what was planned. */
  readonly #networkChanged = (): void => {
    if (this.#state === "waiting") {
      this.open();
    } else if (this.#state === "open") {
      const asked = Date.now();
      this.say({ type: "heartbeat" });
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        if (this.#state === "open" && this.#lastHeard < asked) this.#drop(1006);
      }, PROBE_MS);
    }
  };

  /** Give a socket up without waiting for its closing handshake, which a dead network never finishes. */
  #drop(code: number): void {
    const socket = this.#socket;
    this.#socket = null;
    try {
      socket?.close();
    } catch {
      // It was never open.
    }
    this.#closed(code);
  }

  #closed(code: number): void {
    const wasOpen = this.#state === "open";
    this.#socket = null;
    clearTimeout(this.#timer);
    clearInterval(this.#heart);
    if (this.#state === "stopped") return;
    this.#state = "waiting";
    for (const answer of [...this.#answers.values()]) answer({ kind: "later", afterMs: 0 });
    // One that is closed as soon as it is open does not start the waiting times anew.
    if (wasOpen && Date.now() - this.#openedAt >= SETTLED_MS) this.#attempt = 0;
    if (wasOpen) this.#events.lost();
    switch (code) {
      case 4401:
      case 4409:
        return this.#give("resume");
      case 4403:
        return this.#give("stop");
      case 4400:
        this.#misunderstood += 1;
        if (this.#misunderstood > 1) return this.#give("mute");
        return this.#retryIn(backoff(this.#attempt++));
      case 4429:
        return this.#retryIn(TOO_MUCH_MS + backoff(this.#attempt++));
      case 1001:
      case 1012:
        return this.#retryIn(this.#attempt++ === 0 ? Math.random() * HERD_MS : backoff(this.#attempt));
      default:
        return this.#retryIn(backoff(this.#attempt++));
    }
  }

  #give(verdict: Verdict): void {
    this.#stop();
    this.#events.verdict(verdict);
  }

  #retryIn(ms: number): void {
    this.#state = "waiting";
    this.#timer = setTimeout(() => this.open(), ms);
  }

  #stop(): void {
    this.#state = "stopped";
    this.#socket = null;
    clearTimeout(this.#timer);
    clearInterval(this.#heart);
    for (const answer of [...this.#answers.values()]) answer({ kind: "later", afterMs: 0 });
    this.#stopListening();
  }
}

/** Hear when the network or the page comes back. Where there is no such thing, nothing. */
function listen(changed: () => void): () => void {
  const shown = () => {
    if (document.visibilityState === "visible") changed();
  };
  if (typeof globalThis.addEventListener === "function") globalThis.addEventListener("online", changed);
  if (typeof document !== "undefined") document.addEventListener("visibilitychange", shown);
  return () => {
    if (typeof globalThis.removeEventListener === "function") globalThis.removeEventListener("online", changed);
    if (typeof document !== "undefined") document.removeEventListener("visibilitychange", shown);
  };
}
