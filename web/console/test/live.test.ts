import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Following, type Shown } from "../src/pages/live/following.js";
import { type Call, EMPTY, heard, type Message, sorted, standingsOf, totalsOf, versionsOf, type Wall, worryOf } from "../src/pages/live/wall.js";

function call(id: string, version: number, given: { started?: string; people?: object[] } = {}): Call {
  return { id, version, started_at: given.started ?? "2026-11-21T12:00:00Z", created_at: "2026-11-21T11:59:00Z", participants: given.people ?? [] } as unknown as Call;
}

function person(status: string, given: { connection?: string; quality?: string; issues?: [string, string][] } = {}): object {
  const open_issues = (given.issues ?? []).map(([issue, severity]) => ({ issue, severity }));
  return { id: given.connection ?? "p", status, connections: [{ id: given.connection ?? "c", status, quality: given.quality ?? null, open_issues }] };
}

const told = (wall: Wall, ...messages: Message[]) => messages.reduce(heard, wall);
const said = (one: Call): Message => ({ type: "call", subscription: "wall", version: one.version, call: one });

describe("what is known of calls that go on", () => {
  it("is the newest that was told of each", () => {
    const wall = told(EMPTY, said(call("a", 2)), said(call("b", 1)), said(call("a", 3)), said(call("a", 2)));
    expect(versionsOf(wall)).toEqual({ a: 3, b: 1 });
  });

  it("loses what is gone, and labels stay while the record changes", () => {
    const label: Message = { type: "quality", subscription: "wall", call: "a", connections: [{ participant: "p", connection: "c", quality: { category: "poor", score: 31 } }] };
    const wall = told(EMPTY, said(call("a", 1, { people: [person("connected", { connection: "c" })] })), label, said(call("a", 2, { people: [person("connected", { connection: "c" })] })), said(call("b", 1)), {
      type: "gone",
      subscription: "wall",
      call: "b",
    });
    expect([...wall.tiles.keys()]).toEqual(["a"]);
    expect(standingsOf(wall.tiles.get("a")!)[0]!.quality).toEqual({ category: "poor", score: 31 });
  });

  it("is the same object where nothing changed, so that nothing is drawn anew", () => {
    const wall = told(EMPTY, said(call("a", 2)));
    expect(heard(wall, { type: "heartbeat", server_time: "" })).toBe(wall);
    expect(heard(wall, { type: "gone", subscription: "wall", call: "x" })).toBe(wall);
    expect(told(wall, said(call("b", 1))).tiles.get("a")).toBe(wall.tiles.get("a"));
  });
});

describe("which calls should be looked at", () => {
  const calls = [
    call("well", 1, { started: "2026-11-21T12:00:00Z", people: [person("connected", { quality: "good" })] }),
    call("poor", 1, { started: "2026-11-21T12:05:00Z", people: [person("connected", { quality: "poor" })] }),
    call("lost", 1, { started: "2026-11-21T12:10:00Z", people: [person("disconnected", { quality: "good" }), person("waiting")] }),
    call("critical", 1, { started: "2026-11-21T11:00:00Z", people: [person("connected", { quality: "fair", issues: [["freeze", "critical"]] })] }),
  ];
  const wall = told(EMPTY, ...calls.map(said));

  it("is first who was lost, then what is critical, then what is poor", () => {
    expect(sorted(wall, "worst").map((tile) => tile.call.id)).toEqual(["lost", "critical", "poor", "well"]);
    expect(sorted(wall, "longest").map((tile) => tile.call.id)).toEqual(["critical", "well", "poor", "lost"]);
    expect(sorted(wall, "newest").map((tile) => tile.call.id)).toEqual(["lost", "poor", "well", "critical"]);
    expect(worryOf(wall.tiles.get("well")!)).toBe(0);
  });

  it("is counted", () => {
    expect(totalsOf(wall)).toEqual({ calls: 4, people: 4, worrying: 3, waiting: 1 });
  });
});

describe("following", () => {
  class Socket {
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: string }) => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;
    sent: { type: string; [name: string]: unknown }[] = [];
    send(text: string) {
      this.sent.push(JSON.parse(text) as { type: string });
    }
    close() {
      this.onclose?.({ code: 1000, reason: "" });
    }
    say(message: object) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("location", { protocol: "https:", host: "example.org" });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function begun(token: () => Promise<string> = () => Promise.resolve("cwl_x")) {
    const sockets: Socket[] = [];
    const shown: Shown[] = [];
    const open = (url: string) => {
      expect(url).toBe("wss://example.org/v1/live");
      sockets.push(new Socket());
      return sockets.at(-1) as unknown as WebSocket;
    };
    const following = new Following(token, open, (one) => shown.push(one));
    following.begin();
    await vi.advanceTimersByTimeAsync(0);
    const last = () => shown.at(-1)!;
    const welcome = () => {
      sockets.at(-1)!.onopen!();
      sockets.at(-1)!.say({ type: "welcome", server_time: "", heartbeat_seconds: 15 });
    };
    return { sockets, shown, following, last, welcome };
  }

  it("says who it is, asks for all that go on, and is live once it has them", async () => {
    const { sockets, last, welcome } = await begun();
    welcome();
    expect(sockets[0]!.sent).toEqual([
      { type: "hello", token: "cwl_x" },
      { type: "subscribe", id: "wall", active: true, since: {} },
    ]);
    sockets[0]!.say(said(call("a", 4)));
    sockets[0]!.say({ type: "current", subscription: "wall" });
    await vi.advanceTimersByTimeAsync(100);
    expect(last().line).toEqual({ state: "live" });
    expect([...last().wall.tiles.keys()]).toEqual(["a"]);
  });

  it("is opened again after it closed, and says what it has", async () => {
    const { sockets, last, welcome } = await begun();
    welcome();
    sockets[0]!.say(said(call("a", 4)));
    sockets[0]!.onclose!({ code: 1006, reason: "" });
    expect(last().line.state).toBe("lost");
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
    welcome();
    expect(sockets[1]!.sent.at(-1)).toMatchObject({ since: { a: 4 } });
  });

  it("waits longer each time, and never more than some seconds", async () => {
    const { sockets, last } = await begun();
    for (let time = 0; time < 8; time++) {
      sockets.at(-1)!.onclose!({ code: 1006, reason: "" });
      const { line } = last();
      if (line.state === "lost") expect(line.again - Date.now()).toBeLessThanOrEqual(12_500);
      await vi.advanceTimersByTimeAsync(12_500);
    }
    expect(sockets).toHaveLength(9);
  });

  it("draws once what comes in one moment", async () => {
    const { sockets, shown, welcome } = await begun();
    welcome();
    const before = shown.length;
    for (let version = 1; version <= 100; version++) sockets[0]!.say(said(call(`call-${version}`, version)));
    await vi.advanceTimersByTimeAsync(100);
    expect(shown.length - before).toBe(1);
    expect(shown.at(-1)!.wall.tiles.size).toBe(100);
  });

  it("lets a line go that is dead without a word", async () => {
    const { sockets, last, welcome } = await begun();
    welcome();
    sockets[0]!.say({ type: "current", subscription: "wall" });
    await vi.advanceTimersByTimeAsync(59_000);
    expect(last().line.state).toBe("live");
    await vi.advanceTimersByTimeAsync(2000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("does not try again where this account may not", async () => {
    const { sockets, last } = await begun(() => Promise.reject(Object.assign(new Error("no"), { status: 403 })));
    expect(last().line).toEqual({ state: "refused" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(0);
  });
});
