import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backoff, LONGEST_WAIT_MS, retryAfter } from "../src/backoff.js";
import { IndexedDbFacts, MemoryFacts, type FactStore, type Sender, type StoredFact } from "../src/facts.js";
import { uuid7 } from "../src/ids.js";
import { importance, Outbox, type Answer, type Wire } from "../src/outbox.js";
import type { Fact } from "../src/protocol.js";
import { FakeServer } from "./fakeServer.js";
import { until } from "./until.js";

let server: FakeServer;
let url: string;
let warnings: string[];
const warn = (code: string) => void warnings.push(code);

beforeEach(async () => {
  server = new FakeServer();
  url = await server.listen();
  warnings = [];
});

afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

function fact(type = "chat.sent", data: Record<string, unknown> = {}): Fact {
  return { id: uuid7(), type, occurred_at: new Date().toISOString(), data };
}

function sender(reportUntil = new Date(Date.now() + 60_000)): Sender {
  const { connection, token } = server.newJoin();
  return { connection, token, url, reportUntil: reportUntil.toISOString() };
}

describe("ids and waiting times", () => {
  test("ids are UUIDv7, grow, and never repeat within a millisecond or when the clock steps back", () => {
    const ids = [...Array.from({ length: 5_000 }, () => uuid7(1_763_715_600_000)), uuid7(1_763_715_599_000)];
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true);
  });

  test("waiting doubles, is jittered in full, and is never longer than half a minute", () => {
    expect([0, 1, 2, 3].map((attempt) => backoff(attempt, 500, () => 1))).toEqual([500, 1_000, 2_000, 4_000]);
    expect(backoff(40, 500, () => 1)).toBe(LONGEST_WAIT_MS);
    expect(backoff(5, 500, () => 0)).toBe(0);
  });

  test("Retry-After is read as seconds or as a date", () => {
    expect(retryAfter("7")).toBe(7_000);
    expect(retryAfter("Fri, 21 Nov 2025 09:00:10 GMT", Date.parse("2025-11-21T09:00:00Z"))).toBe(10_000);
    expect([retryAfter(null), retryAfter("soon"), retryAfter("-5")]).toEqual([0, 0, 0]);
  });
});

describe("a fact is kept before it is sent", () => {
  test("the store has it when the server sees it, and has it no more when the outcome came", async () => {
    const store = new IndexedDbFacts("kept-first");
    const keptWhenSeen: boolean[] = [];
    server.postFault = () => {
      void store.all().then((kept) => keptWhenSeen.push(kept.length === 1));
      return null;
    };
    const outbox = new Outbox(store, warn);
    const from = sender();
    outbox.add(fact(), from);
    await outbox.drained(from.connection, 5_000);
    await until(() => keptWhenSeen.length === 1);
    expect(keptWhenSeen).toEqual([true]);
    expect(server.facts).toHaveLength(1);
    expect(await store.all()).toEqual([]);
  });

  test("a page that dies between writing and sending loses nothing: the next page sends it", async () => {
    const store = new IndexedDbFacts("crash");
    const from = sender();
    const lost = fact("participant.connected");
    await store.add({ fact: lost, sender: from }); // written; the page died before it was sent
    const next = new Outbox(store, warn);
    await next.sendLeftOver();
    await until(() => server.facts.length === 1);
    expect(server.facts[0]).toMatchObject({ id: lost.id, connection: from.connection });
    await until(() => next.count() === 0);
    expect(await store.all()).toEqual([]);
  });

  test("a page that dies between sending and the outcome sends again, and the server has it once", async () => {
    const store = new IndexedDbFacts("crash-after");
    const from = sender();
    const sent = fact();
    await store.add({ fact: sent, sender: from });
    new Outbox(new MemoryFacts(), warn).add(sent, from); // arrived; nobody was there to hear the outcome
    await until(() => server.facts.length === 1);
    await new Outbox(store, warn).sendLeftOver();
    await until(() => server.arrivals.length === 2);
    expect(server.facts).toHaveLength(1);
  });

  test("a store that fails or hangs does not keep facts from being sent", async () => {
    const broken: FactStore = { add: () => Promise.reject(new Error("quota")), remove: () => Promise.reject(new Error("quota")), all: () => Promise.resolve([]) };
    const hanging: FactStore = { add: () => new Promise(() => undefined), remove: () => Promise.resolve(), all: () => Promise.resolve([]) };
    new Outbox(broken, warn).add(fact(), sender());
    new Outbox(hanging, warn).add(fact(), sender());
    await until(() => server.facts.length === 2);
    expect(warnings).toContain("store.unwritable");
  });
});

describe("until an outcome comes it is tried again", () => {
  test("an outage loses nothing and repeats nothing that was stored", async () => {
    server.postFault = () => ({ status: 503, headers: { "retry-after": "0.05" } });
    const outbox = new Outbox(new MemoryFacts(), warn);
    const from = sender();
    for (let i = 0; i < 1_200; i++) outbox.add(fact(), from);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.facts).toHaveLength(0);
    server.postFault = null;
    await outbox.drained(from.connection, 10_000);
    expect(new Set(server.facts.map(({ id }) => id)).size).toBe(1_200);
  });

  test("Retry-After is heeded", async () => {
    const times: number[] = [];
    server.postFault = () => {
      times.push(Date.now());
      return times.length === 1 ? { status: 429, headers: { "retry-after": "1" } } : null;
    };
    const outbox = new Outbox(new MemoryFacts(), warn);
    const from = sender();
    outbox.add(fact(), from);
    await outbox.drained(from.connection, 5_000);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  test("waiting times grow to half a minute at most, and start anew after success", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(1);
    const tries: number[] = [];
    let up = false;
    vi.stubGlobal("fetch", (_: string, { body }: { body: string }) => {
      tries.push(Date.now());
      if (!up) return Promise.reject(new TypeError("offline"));
      const { events } = JSON.parse(body) as { events: Fact[] };
      return Promise.resolve(Response.json({ outcomes: events.map(({ id }) => ({ id, outcome: "stored" })) }));
    });
    const outbox = new Outbox(new MemoryFacts(), warn);
    const from = sender(new Date(Date.now() + 3_600_000));
    outbox.add(fact(), from);
    await vi.advanceTimersByTimeAsync(120_000);
    const gaps = tries.slice(1).map((at, i) => at - tries[i]!);
    expect(gaps.slice(0, 8)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    up = true;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(outbox.count()).toBe(0);
    up = false;
    tries.length = 0;
    outbox.add(fact(), from);
    await vi.advanceTimersByTimeAsync(600);
    expect(tries).toHaveLength(2);
  });

  test("a rejected fact is given up, with a warning, and the others are stored", async () => {
    server.rejects = ({ type }) => (type === "custom.bad" ? "event.not_yours" : null);
    const outbox = new Outbox(new MemoryFacts(), warn);
    const from = sender();
    for (const type of ["chat.sent", "custom.bad", "chat.sent"]) outbox.add(fact(type), from);
    await outbox.drained(from.connection, 5_000);
    expect(server.facts).toHaveLength(2);
    expect(warnings).toEqual(["fact.rejected"]);
  });

  test("one fact that makes the server refuse the whole batch costs only itself", async () => {
    server.postFault = (facts) => (facts.some(({ type }) => type === "custom.poison") ? { status: 422, body: { code: "request.invalid" } } : null);
    const outbox = new Outbox(new MemoryFacts(), warn);
    const from = sender();
    outbox.wire(from.connection, null, 0);
    for (let i = 0; i < 40; i++) outbox.add(fact(i === 17 ? "custom.poison" : "chat.sent"), from);
    await outbox.drained(from.connection, 5_000);
    expect(server.facts).toHaveLength(39);
    expect(warnings).toEqual(["fact.refused"]);
  });

  test("facts whose time is over are dropped with a warning", async () => {
    const outbox = new Outbox(new MemoryFacts(), warn);
    outbox.add(fact(), sender(new Date(Date.now() - 1)));
    await until(() => outbox.count() === 0);
    expect(server.arrivals).toHaveLength(0);
    expect(warnings).toEqual(["facts.too_late"]);
  });

  test("a batch that the socket twice does not answer is posted", async () => {
    const send = vi.fn((): Promise<Answer> => Promise.resolve({ kind: "later", afterMs: 0 }));
    const wire: Wire = { send };
    const outbox = new Outbox(new MemoryFacts(), warn);
    const from = sender();
    outbox.own(from);
    outbox.wire(from.connection, wire);
    outbox.add(fact(), from);
    await outbox.drained(from.connection, 5_000);
    expect(send).toHaveBeenCalledTimes(2);
    expect(server.facts[0]?.via).toBe("post");
  });
});

describe("bounds", () => {
  test("when there is no room the least important go first, the oldest of them before the newer, and the record is told", async () => {
    let lost = 0;
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
    const store = new MemoryFacts();
    const outbox = new Outbox(store, warn, (count) => (lost += count), 6);
    const from = sender();
    const made = ["participant.connected", "custom.a", "chat.sent", "speaker.spoke", "media.changed", "custom.b"].map((type) => fact(type));
    for (const one of made) outbox.add(one, from);
    const more = ["issue.reported", "participant.left", "rating.submitted", "chat.sent"].map((type) => fact(type));
    for (const one of more) outbox.add(one, from);
    await until(() => outbox.count() === 6);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const kept = (await store.all()).map((one: StoredFact) => one.fact.type);
    expect(kept).toEqual(["participant.connected", "media.changed", "issue.reported", "participant.left", "rating.submitted", "chat.sent"]);
    vi.unstubAllGlobals();
    outbox.wire(from.connection, null);
    await until(() => outbox.count() === 0);
    expect(lost).toBe(4);
  });

  test("who was there when outweighs everything else", () => {
    const order = ["participant.left", "participant.connected", "media.changed", "chat.sent", "custom.x"];
    expect(order.map((type) => importance(fact(type)))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("the page goes away", () => {
  test("what is left goes with keepalive within 64 KiB, the departure first whatever else waits", () => {
    const bodies: { keepalive: boolean | undefined; body: string }[] = [];
    vi.stubGlobal("fetch", (_: string, options: RequestInit) => {
      if (options.keepalive) bodies.push({ keepalive: options.keepalive, body: options.body as string });
      return Promise.reject(new TypeError("offline"));
    });
    const outbox = new Outbox(new MemoryFacts(), warn);
    const from = sender();
    for (let i = 0; i < 100; i++) outbox.add(fact("custom.large", { text: "x".repeat(1_500) }), from);
    const left = fact("participant.left", { reason: "page_closed" });
    outbox.add(left, from);
    outbox.unload();
    expect(bodies).toHaveLength(1);
    expect(new TextEncoder().encode(bodies[0]!.body).length).toBeLessThan(64 * 1024);
    const { events } = JSON.parse(bodies[0]!.body) as { events: Fact[] };
    expect(events.at(-1)).toEqual(left);
    expect(events.length).toBeGreaterThan(30);
  });
});

describe("several tabs", () => {
  test("facts of a tab that lives are left to it, and sent when it is gone", async () => {
    const held = new Map<string, Promise<void>>();
    const locks = {
      request: async (name: string, work: () => Promise<void>) => {
        const before = held.get(name) ?? Promise.resolve();
        const mine = before.then(work);
        held.set(name, mine);
        await mine;
      },
    };
    vi.stubGlobal("navigator", { locks });
    const store = new MemoryFacts();
    const from = sender();
    const living = new Outbox(store, warn);
    living.own(from);
    server.postFault = () => ({ status: 503 });
    living.add(fact(), from);
    await until(() => living.count() === 1);
    const other = new Outbox(store, warn);
    await other.sendLeftOver();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(other.count()).toBe(0);

    const third = new Outbox(store, warn);
    server.postFault = null;
    living.over(from.connection);
    await until(() => living.count() === 0);
    await third.sendLeftOver();
    expect(server.facts).toHaveLength(1);
    expect(new Set(server.arrivals).size).toBe(1);
  });

  test("without locks everything left is sent at once", async () => {
    const store = new MemoryFacts();
    const senders = [sender(), sender()];
    for (const from of senders) await store.add({ fact: fact(), sender: from });
    await new Outbox(store, warn).sendLeftOver();
    await until(() => server.facts.length === 2);
    expect(new Set(server.facts.map(({ connection }) => connection))).toEqual(new Set(senders.map(({ connection }) => connection)));
  });
});
