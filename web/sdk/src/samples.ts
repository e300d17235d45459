import { backoff, retryAfter } from "./backoff.js";
import type { Sender } from "./facts.js";
import type { Answer, Warn } from "./outbox.js";
import { address, type Outcome, type SampleFact } from "./protocol.js";

/** Samples that wait at most. Beyond it the oldest go: twenty-five minutes of a call without a server. */
export const MOST_SAMPLES = 600;
const SOCKET_BATCH = 100;
const POST_BATCH = 500;
/** So long they wait for a socket rather than be posted: the next one is seldom far. */
const SOCKET_PATIENCE_MS = 15_000;
const POST_PATIENCE_MS = 15_000;
/** A socket that gave no proper answer gets no samples for so long. */
const DISTRUST_MS = 60_000;
const REFUSED_TOKEN_MS = 60_000;
/** About what one sample takes. */
const SAMPLE_BYTES = 900;

/** An open socket, as samples see it. */
export interface SampleWire {
  /** Never rejects. */
  sendSamples(samples: readonly SampleFact[]): Promise<Answer>;
}

interface Waiting {
  sample: SampleFact;
  sender: Sender;
}

/**
 * Samples on their way to the server: apart from the facts, which must never wait behind them, and kept in memory alone, since
 * a report can do without the last of them.
 */
export class SampleQueue {
  readonly #warn: Warn;
  #waiting: Waiting[] = [];
  #wire: { connection: string; wire: SampleWire } | null = null;
  #patientUntil = 0;
  #distrustUntil = 0;
  #pausedUntil = 0;
  #attempt = 0;
  #limit = POST_BATCH;
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drained: (() => void)[] = [];

  constructor(warn: Warn) {
    this.#warn = warn;
  }

  get count(): number {
    return this.#waiting.length;
  }

  add(samples: readonly SampleFact[], sender: Sender): void {
    this.#waiting.push(...samples.map((sample) => ({ sample, sender })));
    const over = this.#waiting.length - MOST_SAMPLES;
    if (over > 0) {
      this.#waiting.splice(0, over);
      this.#warn("samples.dropped", `More than ${MOST_SAMPLES} samples waited: the oldest were dropped.`);
    }
    void this.#pump();
  }

  /** The socket of a connection opened, or is gone (null). */
  wire(connection: string, wire: SampleWire | null): void {
    this.#wire = wire && { connection, wire };
    this.#patientUntil = Date.now() + SOCKET_PATIENCE_MS;
    if (wire) this.#pausedUntil = 0;
    void this.#pump();
  }

  /** Send what waits now; there may be no later. Resolves when nothing waits, or after `ms`. */
  async drain(ms: number): Promise<void> {
    this.#patientUntil = 0;
    this.#pausedUntil = 0;
    void this.#pump();
    if (this.count === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
      this.#drained.push(resolve);
    });
    clearTimeout(timer);
  }

  /** The page goes away: hand the newest to the browser, as many as fit into so many bytes. */
  unload(bytes: number): void {
    const newest = this.#waiting.at(-1);
    const fitting = Math.min(Math.floor(bytes / SAMPLE_BYTES), POST_BATCH);
    if (!newest || fitting < 1) return;
    const samples = this.#waiting.filter(({ sender }) => sender.connection === newest.sender.connection).slice(-fitting);
    fetch(address(newest.sender.url, "/v1/samples"), { ...request(newest.sender, samples.map(({ sample }) => sample)), keepalive: true }).catch(() => undefined);
  }

  async #pump(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    try {
      for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
        const { sender } = first;
        const wire = this.#wire?.connection === sender.connection && Date.now() >= this.#distrustUntil ? this.#wire.wire : null;
        const wait = Math.max(this.#pausedUntil, wire || this.#wire ? 0 : this.#patientUntil) - Date.now();
        if (wait > 0) {
          this.#timer = setTimeout(() => void this.#pump(), wait);
          return;
        }
        const most = Math.min(this.#limit, wire ? SOCKET_BATCH : POST_BATCH);
        const batch = this.#waiting.filter((one) => one.sender === sender).slice(0, most).map(({ sample }) => sample);
        if (Date.parse(sender.reportUntil) <= Date.now()) this.#forget(new Set(batch.map(({ id }) => id)));
        else this.#settle(batch, wire ? await wire.sendSamples(batch) : await post(sender, batch), wire !== null);
      }
    } finally {
      this.#busy = false;
    }
  }

  #settle(batch: readonly SampleFact[], answer: Answer, overSocket: boolean): void {
    switch (answer.kind) {
      case "later":
        // A socket that does not answer, or was closed over it, may not know what samples are.
        if (overSocket && answer.afterMs === 0) this.#distrustUntil = Date.now() + DISTRUST_MS;
        this.#pausedUntil = Date.now() + Math.max(answer.afterMs, backoff(this.#attempt++), 50);
        return;
      case "refused":
        if (batch.length > 1) {
          this.#limit = Math.ceil(batch.length / 2);
          return;
        }
        this.#warn("sample.refused", `A sample was refused: ${answer.code}`);
        this.#forget(new Set(batch.map(({ id }) => id)));
        return;
      case "outcomes": {
        const rejected = answer.outcomes.find(({ outcome }) => outcome === "rejected");
        if (rejected) this.#warn("sample.rejected", `A sample was rejected: ${rejected.code ?? "no reason given"}`);
        const settled = new Set(answer.outcomes.map(({ id }) => id));
        if (!batch.some(({ id }) => settled.has(id))) {
          this.#pausedUntil = Date.now() + Math.max(backoff(this.#attempt++), 50);
          return;
        }
        this.#attempt = 0;
        this.#limit = Math.min(POST_BATCH, this.#limit * 2);
        this.#forget(settled);
      }
    }
  }

  #forget(ids: ReadonlySet<string>): void {
    this.#waiting = this.#waiting.filter(({ sample }) => !ids.has(sample.id));
    if (this.#waiting.length > 0) return;
    for (const wake of this.#drained.splice(0)) wake();
  }
}

async function post(sender: Sender, samples: readonly SampleFact[]): Promise<Answer> {
  try {
    const response = await fetch(address(sender.url, "/v1/samples"), { ...request(sender, samples), signal: AbortSignal.timeout(POST_PATIENCE_MS) });
    const body = (await response.json().catch(() => null)) as { outcomes?: Outcome[]; code?: string } | null;
    const afterMs = retryAfter(response.headers.get("retry-after"));
    if (response.ok && Array.isArray(body?.outcomes)) return { kind: "outcomes", outcomes: body.outcomes };
    if (response.status === 401 || response.status === 403) return { kind: "later", afterMs: Math.max(afterMs, REFUSED_TOKEN_MS) };
    if ([400, 413, 422].includes(response.status)) return { kind: "refused", code: body?.code ?? String(response.status) };
    return { kind: "later", afterMs };
  } catch {
    return { kind: "later", afterMs: 0 };
  }
}

function request(sender: Sender, samples: readonly SampleFact[]): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${sender.token}` },
    body: JSON.stringify({ samples }),
    credentials: "omit",
  };
}
