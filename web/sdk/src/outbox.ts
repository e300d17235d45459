import { backoff, retryAfter } from "./backoff.js";
import type { FactStore, Sender, StoredFact } from "./facts.js";
import { address, type Fact, type Outcome } from "./protocol.js";

/** Facts kept at most. Beyond it the least important go first, see `importance`. */
export const MOST_FACTS = 5_000;
const BATCH_FACTS = 500;
const BATCH_BYTES = 200 * 1024;
/** `fetch` with `keepalive` takes 64 KiB of bodies in flight; some is left for others of the page. */
const UNLOAD_BYTES = 60 * 1024;
const POST_PATIENCE_MS = 15_000;
const STORE_PATIENCE_MS = 2_000;
/** A token that was refused is not asked for again before this: it may have been a mistake of the server's, but not for long. */
const REFUSED_TOKEN_MS = 60_000;

/** What came of sending a batch. */
export type Answer =
  | { kind: "outcomes"; outcomes: Outcome[] }
  /** Nothing was stored; send it again. */
  | { kind: "later"; afterMs: number }
  /** The batch as such was refused: one of its facts must be to blame, or it is too large. */
  | { kind: "refused"; code: string };

/** An open socket, as the outbox sees it. */
export interface Wire {
  /** Never rejects. */
  send(facts: readonly Fact[]): Promise<Answer>;
}

export type Warn = (code: string, detail: string) => void;

interface Lane {
  sender: Sender;
  /** In the order they were made. */
  entries: Entry[];
  wire: Wire | null;
  /** Wait for the socket until then, rather than post. */
  patientUntil: number;
  wireFailures: number;
  /** Nothing is sent before, since the last try failed. */
  pausedUntil: number;
  attempt: number;
  limit: number;
  busy: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  release: (() => void) | null;
  over: boolean;
}

interface Entry {
  stored: StoredFact;
  bytes: number;
  /** It is in the store, or the store was given up on. */
  ready: boolean;
}

/**
 * Facts on their way to the server. Each is written to the store, then sent, and removed when the server has said what
 * became of it. Every connection has its own lane, since each has its own token: the present one goes over the socket
 * while that is open and by POST otherwise, those of earlier page loads by POST.
 */
export class Outbox {
  readonly #store: FactStore;
  readonly #warn: Warn;
  readonly #lost: (count: number) => void;
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();
  #dropped = 0;
  #waiting: (() => void)[] = [];

  /** `lost` is told, once the server answers again, how many facts had to be dropped. */
  constructor(store: FactStore, warn: Warn, lost: (count: number) => void = () => undefined, limit: number = MOST_FACTS) {
    this.#store = store;
    this.#warn = warn;
    this.#lost = lost;
    this.#limit = limit;
  }

  /** A connection of this page: its lane is ours alone while the page lives. */
  own(sender: Sender): void {
    const lane = this.#lane(sender);
    void locked(sender.connection, () => new Promise<void>((release) => {
      lane.release = release;
      this.#letGo(lane);
    }));
  }

  /** No further facts will be made for this connection. */
  over(connection: string): void {
    const lane = this.#lanes.get(connection);
    if (!lane) return;
    lane.over = true;
    lane.wire = null;
    lane.patientUntil = 0;
    this.#letGo(lane);
    void this.#pump(lane);
  }

  /** Keep a fact and send it. Returns at once and never throws. */
  add(fact: Fact, sender: Sender): void {
    const entry: Entry = { stored: { fact, sender }, bytes: size(fact), ready: false };
    const lane = this.#lane(sender);
    this.#makeRoom();
    lane.entries.push(entry);
    void this.#keep(entry).then(() => this.#pump(lane));
  }

  /** The socket of a connection opened, or is gone (null). For `patienceMs` after it went its facts wait for the next one. */
  wire(connection: string, wire: Wire | null, patienceMs = 0): void {
    const lane = this.#lanes.get(connection);
    if (!lane) return;
    lane.wire = wire;
    lane.patientUntil = Date.now() + patienceMs;
    if (wire) {
      lane.wireFailures = 0;
      lane.pausedUntil = 0;
      lane.attempt = 0;
      lane.limit = BATCH_FACTS;
    }
    void this.#pump(lane);
  }

  /** Send what earlier pages could not. Those of a tab that still lives are left to it, until it is gone. */
  async sendLeftOver(): Promise<void> {
    let left: StoredFact[];
    try {
      left = await this.#store.all();
    } catch (error) {
      this.#warn("store.unreadable", String(error));
      return;
    }
    const connections = new Set(left.map(({ sender }) => sender.connection));
    for (const connection of connections) {
      if (this.#lanes.has(connection)) continue;
      void locked(connection, async () => {
        // Read again: whoever had the lock may have sent them.
        const found = (await this.#store.all()).filter(({ sender }) => sender.connection === connection);
        const first = found[0];
        if (!first || this.#lanes.has(connection)) return;
        const lane = this.#lane(first.sender);
        lane.over = true;
        lane.entries.push(...found.map((stored) => ({ stored, bytes: size(stored.fact), ready: true })));
        this.#makeRoom();
        const done = new Promise<void>((release) => {
          lane.release = release;
        });
        void this.#pump(lane);
        await done;
      }).catch((error: unknown) => this.#warn("store.unreadable", String(error)));
    }
  }

  /** Resolves when nothing is left of this connection's facts, or after `ms`. */
  async drained(connection: string, ms: number): Promise<void> {
    const until = Date.now() + ms;
    while (this.count(connection) > 0 && Date.now() < until) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - Date.now());
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Send what waits of a connection now, by POST if its socket is not there: there may be no later. */
  hurry(connection: string): void {
    const lane = this.#lanes.get(connection);
    if (!lane) return;
    lane.patientUntil = 0;
    lane.pausedUntil = 0;
    void this.#pump(lane);
  }

  /** How many facts wait, of one connection or of all. */
  count(connection?: string): number {
    let count = 0;
    for (const lane of this.#lanes.values()) {
      if (connection === undefined || lane.sender.connection === connection) count += lane.entries.length;
    }
    return count;
  }

  /**
   * The page goes away: hand what is left to the browser, the most important first, as much as it takes. What does not
   * fit, or does not arrive, lies in the store for the next page. Facts are not removed here, since no answer will be heard.
   * Gives how many bytes the browser will still take.
   */
  unload(): number {
    let room = UNLOAD_BYTES;
    for (const lane of [...this.#lanes.values()].sort((a, b) => Number(a.over) - Number(b.over))) {
      const chosen: Fact[] = [];
      const byImportance = [...lane.entries].sort((a, b) => importance(a.stored.fact) - importance(b.stored.fact) || newestLast(a, b));
      for (const entry of byImportance) {
        if (entry.bytes > room || chosen.length === BATCH_FACTS) continue;
        room -= entry.bytes;
        chosen.push(entry.stored.fact);
      }
      if (chosen.length === 0) continue;
      chosen.sort((a, b) => (a.id < b.id ? -1 : 1));
      fetch(address(lane.sender.url, "/v1/events"), { ...request(lane.sender, chosen), keepalive: true }).catch(() => undefined);
    }
    return room;
  }

  #lane(sender: Sender): Lane {
    let lane = this.#lanes.get(sender.connection);
    if (!lane) {
      lane = {
        sender,
        entries: [],
        wire: null,
        patientUntil: 0,
        wireFailures: 0,
        pausedUntil: 0,
        attempt: 0,
        limit: BATCH_FACTS,
        busy: false,
        timer: undefined,
        release: null,
        over: false,
      };
      this.#lanes.set(sender.connection, lane);
    }
    return lane;
  }

  /** Write it down before it is sent. A store that fails or hangs must not keep facts from being sent. */
  async #keep(entry: Entry): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const patience = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("The store does not answer.")), STORE_PATIENCE_MS);
      });
      await Promise.race([this.#store.add(entry.stored), patience]);
    } catch (error) {
      this.#warn("store.unwritable", String(error));
    } finally {
      clearTimeout(timer);
      entry.ready = true;
    }
  }

  async #forget(lane: Lane, ids: ReadonlySet<string>): Promise<void> {
    lane.entries = lane.entries.filter(({ stored }) => !ids.has(stored.fact.id));
    if (lane.entries.length === 0) {
      for (const wake of this.#waiting.splice(0)) wake();
    }
    try {
      await this.#store.remove([...ids]);
    } catch (error) {
      this.#warn("store.unwritable", String(error));
    }
  }

  #letGo(lane: Lane): void {
    if (!lane.over || lane.entries.length > 0) return;
    lane.release?.();
    lane.release = null;
  }

  /** Send until nothing is ready or there is reason to wait. One batch of a lane is on its way at a time. */
  async #pump(lane: Lane): Promise<void> {
    if (lane.busy) return;
    lane.busy = true;
    try {
      for (;;) {
        const batch = nextBatch(lane);
        if (batch.length === 0) break;
        const wait = Math.max(lane.pausedUntil, lane.wire ? 0 : lane.patientUntil) - Date.now();
        if (wait > 0) {
          clearTimeout(lane.timer);
          lane.timer = setTimeout(() => void this.#pump(lane), wait);
          break;
        }
        if (Date.parse(lane.sender.reportUntil) <= Date.now()) {
          this.#warn("facts.too_late", `${lane.entries.length} facts could not be sent before the server stopped taking them.`);
          await this.#forget(lane, new Set(lane.entries.map(({ stored }) => stored.fact.id)));
          break;
        }
        await this.#settle(lane, batch, await deliver(lane, batch));
      }
    } finally {
      lane.busy = false;
      this.#letGo(lane);
    }
  }

  #pause(lane: Lane, atLeastMs = 0): void {
    lane.pausedUntil = Date.now() + Math.max(atLeastMs, backoff(lane.attempt++), 50);
  }

  async #settle(lane: Lane, batch: readonly Fact[], answer: Answer): Promise<void> {
    switch (answer.kind) {
      case "later":
        this.#pause(lane, answer.afterMs);
        return;
      case "refused": {
        if (batch.length > 1) {
          // Look for the one to blame: smaller and smaller batches, the others get through.
          lane.limit = Math.ceil(batch.length / 2);
          return;
        }
        this.#warn("fact.refused", `${batch[0]!.type} was refused: ${answer.code}`);
        await this.#forget(lane, new Set([batch[0]!.id]));
        return;
      }
      case "outcomes": {
        const sent = new Set(batch.map(({ id }) => id));
        const settled = new Set<string>();
        for (const { id, outcome, code } of answer.outcomes) {
          if (!sent.has(id)) continue;
          settled.add(id);
          if (outcome === "rejected") {
            const type = batch.find((fact) => fact.id === id)?.type ?? "a fact";
            this.#warn("fact.rejected", `${type} was rejected: ${code ?? "no reason given"}`);
          }
        }
        if (settled.size === 0) return this.#pause(lane);
        lane.attempt = 0;
        lane.wireFailures = 0;
        lane.limit = Math.min(BATCH_FACTS, lane.limit * 2);
        await this.#forget(lane, settled);
        if (this.#dropped > 0) this.#lost(this.#dropped);
        this.#dropped = 0;
      }
    }
  }

  #makeRoom(): void {
    while (this.count() >= this.#limit) {
      let worst: { lane: Lane; entry: Entry } | null = null;
      for (const lane of this.#lanes.values()) {
        for (const entry of lane.entries) {
          if (!worst || importance(entry.stored.fact) > importance(worst.entry.stored.fact)) worst = { lane, entry };
        }
      }
      if (!worst) return;
      this.#dropped += 1;
      this.#warn("facts.dropped", `More than ${this.#limit} facts waited: ${this.#dropped} were dropped, the least important first.`);
      void this.#forget(worst.lane, new Set([worst.entry.stored.fact.id]));
    }
  }
}

/** What goes first when there is no room, 0 last: who was there when; what they did; how they used it; the host's own and who spoke. */
export function importance({ type }: Fact): number {
  if (type === "participant.left" || type === "participant.failed") return 0;
  if (type.startsWith("participant.") || type.startsWith("consent.")) return 1;
  if (type === "media.changed" || type === "issue.reported" || type === "rating.submitted" || type === "error.occurred") return 2;
  if (type.startsWith("custom.") || type === "speaker.spoke") return 4;
  return 3;
}

function newestLast(a: Entry, b: Entry): number {
  return a.stored.fact.id < b.stored.fact.id ? -1 : 1;
}

function nextBatch(lane: Lane): Fact[] {
  const batch: Fact[] = [];
  let bytes = 0;
  for (const { stored, bytes: more, ready } of lane.entries) {
    if (!ready) continue;
    if (batch.length === lane.limit || (batch.length > 0 && bytes + more > BATCH_BYTES)) break;
    batch.push(stored.fact);
    bytes += more;
  }
  return batch;
}

async function deliver(lane: Lane, batch: readonly Fact[]): Promise<Answer> {
  if (!lane.wire || lane.wireFailures >= 2) return post(lane.sender, batch);
  const answer = await lane.wire.send(batch);
  // A socket that twice gave no proper answer may choke on this very batch: a POST tells why.
  lane.wireFailures = answer.kind === "later" && answer.afterMs === 0 ? lane.wireFailures + 1 : 0;
  return answer;
}

async function post(sender: Sender, facts: readonly Fact[]): Promise<Answer> {
  let response: Response;
  let body: { outcomes?: Outcome[]; code?: string } | null;
  try {
    response = await fetch(address(sender.url, "/v1/events"), {
      ...request(sender, facts),
      signal: AbortSignal.timeout(POST_PATIENCE_MS),
    });
    body = (await response.json().catch(() => null)) as typeof body;
  } catch {
    return { kind: "later", afterMs: 0 };
  }
  const afterMs = retryAfter(response.headers.get("retry-after"));
  if (response.ok) return Array.isArray(body?.outcomes) ? { kind: "outcomes", outcomes: body.outcomes } : { kind: "later", afterMs };
  if (response.status === 401 || response.status === 403) return { kind: "later", afterMs: Math.max(afterMs, REFUSED_TOKEN_MS) };
  if ([400, 413, 422].includes(response.status)) return { kind: "refused", code: body?.code ?? String(response.status) };
  return { kind: "later", afterMs };
}

function request(sender: Sender, facts: readonly Fact[]): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${sender.token}` },
    body: JSON.stringify({ events: facts }),
    credentials: "omit",
  };
}

function size(fact: Fact): number {
  return new TextEncoder().encode(JSON.stringify(fact)).length + 1;
}

/** Run while holding the connection's lock among all tabs; at once where there are no locks (a fact sent twice is harmless). */
async function locked(connection: string, work: () => Promise<void>): Promise<void> {
  const locks = typeof navigator === "undefined" ? undefined : (navigator as { locks?: LockManager }).locks;
  if (!locks) return work();
  try {
    await locks.request(`callwell:${connection}`, work);
  } catch {
    await work();
  }
}
