import { describe, expect, test, vi } from "vitest";
import { MemoryFacts } from "../src/facts.js";
import { attach, P2pMedia, type Session } from "../src/index.js";
import type { SampleFact } from "../src/protocol.js";
import { MOST_SAMPLES, SampleQueue } from "../src/samples.js";
import { Speaking } from "../src/speaking.js";
import { entriesOf } from "../src/watch.js";
import { FakePeer } from "./fakePeers.js";
import { page, server, sessions, url } from "./beside.js";
import { until } from "./until.js";

function come(name = "Ana", stats = { readMs: 20, sampleMs: 100 }): Session {
  const session = attach(server.newJoin(name), { url, store: new MemoryFacts(), stats });
  sessions.push(session);
  session.start();
  return session;
}

/** A peer connection with somebody's voice coming in, 50 packets a second, and our own going out. */
function voices(peer = new FakePeer()): FakePeer {
  const began = Date.now();
  peer.stats = () => {
    const packets = Math.floor((Date.now() - began) / 20);
    return {
      in: { id: "in", type: "inbound-rtp", kind: "audio", ssrc: 1, packetsReceived: packets, packetsLost: 0, bytesReceived: 80 * packets },
      out: { id: "out", type: "outbound-rtp", kind: "audio", ssrc: 2, mediaSourceId: "mic", packetsSent: packets, bytesSent: 80 * packets },
      mic: { id: "mic", type: "media-source", kind: "audio", totalAudioEnergy: packets / 5_000, totalSamplesDuration: packets / 50 },
    };
  };
  return peer;
}

const asPeer = (peer: FakePeer) => peer as unknown as RTCPeerConnection;
const of = (direction: string) => server.samples.filter((sample) => sample.direction === direction);

describe("samples of a session", () => {
  test("a watched peer connection gives samples over the socket that tile the time, each once", async () => {
    const session = come();
    await until(() => session.online);
    session.watch(asPeer(voices()));
    await until(() => of("inbound").length >= 4);
    const [first, second, third] = of("inbound");
    expect(first).toMatchObject({ kind: "audio", packet_loss_pct: 0, via: "socket", connection: session.connection });
    for (const [before, after] of [[first!, second!], [second!, third!]] as const) {
      expect(Date.parse(before.started_at) + before.interval_ms).toBe(Date.parse(after.started_at));
    }
    expect(second!.bitrate_kbps).toBeGreaterThan(20);
    expect(second!.bitrate_kbps).toBeLessThan(45);
  });

  test("what is said to be muted is so in the samples, ours and theirs", async () => {
    const session = come();
    await until(() => session.online);
    session.update({ micEnabled: false });
    session.watch(asPeer(voices()), () => ({ remoteMuted: ["audio"] }));
    await until(() => of("outbound").length >= 2 && of("inbound").length >= 2);
    expect(server.samples.every(({ muted }) => muted === true)).toBe(true);
  });

  test("P2pMedia has its own connections watched, until they are closed", async () => {
    const peers: FakePeer[] = [];
    const arrive = (name: string) => {
      const session = attach(server.newJoin(name), { url, store: new MemoryFacts(), stats: { readMs: 20, sampleMs: 100 } });
      sessions.push(session);
      const media = new P2pMedia(session, null, () => {
        peers.push(voices());
        return asPeer(peers.at(-1)!);
      });
      session.start();
      return { session, media };
    };
    const [ana, ben] = [arrive("Ana"), arrive("Ben")];
    await until(() => ana.media.path === "connected" && ben.media.path === "connected");
    const samplesOf = ({ session }: { session: Session }) => server.samples.filter(({ connection }) => connection === session.connection).length;
    await until(() => samplesOf(ana) >= 2 && samplesOf(ben) >= 2);
    await ana.session.end();
    const asked = vi.fn(() => ({}));
    for (const peer of peers.filter(({ closed }) => closed)) peer.stats = asked;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).not.toHaveBeenCalled();
  });

  test("another engine's report is taken as a map, as a list or as an object; what is none harms nobody", async () => {
    const session = come();
    await until(() => session.online);
    const peer = voices();
    for (const report of [null, "stats", 7, [null, { id: 3 }], { a: null, b: 5 }]) session.reportStats(report);
    const shapes = [(stats: object) => new Map(Object.entries(stats)), (stats: object) => Object.values(stats) as unknown, (stats: object) => stats];
    for (let i = 0; of("inbound").length === 0; i++) {
      session.reportStats(shapes[i % 3]!(peer.stats()), { name: "engine" });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(of("inbound")[0]).toMatchObject({ kind: "audio", packet_loss_pct: 0 });
    expect([...entriesOf({ x: 1 })]).toEqual([["x", 1]]);
  });

  test("an engine that cannot tell is asked in vain and nothing is thrown", async () => {
    const session = come();
    await until(() => session.online);
    session.watch({} as RTCPeerConnection);
    session.watch({ getStats: () => Promise.reject(new Error("closed")) } as unknown as RTCPeerConnection);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.samples).toEqual([]);
    await session.end();
  });

  test("at the end the last interval is told too, before the socket closes", async () => {
    const session = come("Ana", { readMs: 20, sampleMs: 60_000 });
    await until(() => session.online);
    const asked = vi.spyOn(FakePeer.prototype, "getStats");
    session.watch(asPeer(voices()));
    await until(() => asked.mock.calls.length > 5);
    await session.end();
    expect(of("inbound")).toHaveLength(1);
    expect(of("inbound")[0]!.via).toBe("socket");
  });

  test("a page that is closed hands the last interval to the browser", async () => {
    const session = come("Ana", { readMs: 20, sampleMs: 60_000 });
    await until(() => session.online);
    server.sampleSocketFault = () => "silence";
    const asked = vi.spyOn(FakePeer.prototype, "getStats");
    session.watch(asPeer(voices()));
    await until(() => asked.mock.calls.length > 5);
    const fetched = vi.spyOn(globalThis, "fetch");
    page.dispatchEvent(new Event("pagehide"));
    const [, request] = fetched.mock.calls.find(([address]) => address === `${url}/v1/samples`)!;
    expect(request!.keepalive).toBe(true);
    await until(() => of("inbound").length === 1);
    expect(of("inbound")[0]!.via).toBe("post");
  });

  test("another connection has samples of its own, and those of the one before still arrive", async () => {
    const session = come("Ana", { readMs: 20, sampleMs: 60_000 });
    await until(() => session.online);
    const before = session.connection;
    const asked = vi.spyOn(FakePeer.prototype, "getStats");
    session.watch(asPeer(voices()));
    await until(() => asked.mock.calls.length > 5);
    server.closeSockets(4409);
    await until(() => session.connection !== before && session.online);
    await until(() => of("inbound").length === 1);
    expect(of("inbound")[0]!.connection).toBe(before);
  });
});

describe("samples on their way", () => {
  const sample = (): SampleFact => ({
    id: `0193a1c0-0000-7000-8000-${Math.random().toString(16).slice(2, 14).padStart(12, "0")}`,
    started_at: new Date().toISOString(),
    interval_ms: 10_000,
    direction: "inbound",
    kind: "audio",
  });
  const sender = () => {
    const { connection, token } = server.newJoin();
    return { connection, token, url, reportUntil: new Date(Date.now() + 60_000).toISOString() };
  };

  test("without a socket they are posted, and again after a refusal for lack of time", async () => {
    let busy = 2;
    server.samplePostFault = () => (busy-- > 0 ? { status: 503 } : null);
    const queue = new SampleQueue(() => undefined);
    queue.add([sample(), sample()], sender());
    await until(() => server.samples.length === 2);
    await until(() => queue.count === 0);
    expect(server.samples.every(({ via }) => via === "post")).toBe(true);
  });

  test("facts never wait behind samples: while those get no answer, these are stored", async () => {
    const session = come();
    await until(() => session.online);
    const unanswered = vi.fn(() => "silence" as const);
    server.sampleSocketFault = unanswered;
    session.watch(asPeer(voices()));
    await until(() => unanswered.mock.calls.length > 0);
    session.chatSent();
    await until(() => server.ofType("chat.sent").length === 1);
    expect(server.samples).toEqual([]);
  });

  test("a server that closes the socket over them gets them by POST, and keeps its socket", async () => {
    const session = come();
    await until(() => session.online);
    server.sampleSocketFault = () => ({ close: 4400 });
    session.watch(asPeer(voices()));
    await until(() => server.samples.length > 2);
    expect(server.samples.every(({ via }) => via === "post")).toBe(true);
    await until(() => session.online);
  });

  test("when too many wait the oldest go, and the host is told", async () => {
    const refuse = vi.fn(() => ({ status: 503 }));
    server.samplePostFault = refuse;
    const warnings: string[] = [];
    const queue = new SampleQueue((code) => warnings.push(code));
    const all = Array.from({ length: MOST_SAMPLES + 3 }, sample);
    const from = sender();
    for (const one of all) queue.add([one], from);
    expect(queue.count).toBe(MOST_SAMPLES);
    expect(warnings).toContain("samples.dropped");
    await until(() => refuse.mock.calls.length > 0);
    server.samplePostFault = null;
    await queue.drain(5_000);
    expect(new Set(server.samples.map(({ id }) => id))).toEqual(new Set(all.slice(3).map(({ id }) => id)));
  });

  test("one that is refused as such is dropped and the others arrive", async () => {
    const queue = new SampleQueue(() => undefined);
    const [bad, ...good] = Array.from({ length: 4 }, sample);
    server.samplePostFault = (samples) => (samples.some(({ id }) => id === bad!.id) ? { status: 422, body: { code: "request.invalid" } } : null);
    queue.add([bad!, ...good], sender());
    await queue.drain(5_000);
    expect(new Set(server.samples.map(({ id }) => id))).toEqual(new Set(good.map(({ id }) => id)));
    expect(queue.count).toBe(0);
  });
});

describe("speaking time", () => {
  /** Says for each reading, one a second unless told, how loud the microphone was. */
  function speak(levels: number[], { everyMs = 1_000, muted = false } = {}): { ended: number; ms: number }[] {
    const spoken: { ended: number; ms: number }[] = [];
    const speaking = new Speaking((ended, ms) => spoken.push({ ended: ended.getTime(), ms }));
    let energy = 0;
    speaking.hear("mic", 0, 0, 0, false);
    levels.forEach((level, i) => {
      energy += (level * level * everyMs) / 1000;
      speaking.hear("mic", (i + 1) * everyMs, energy, ((i + 1) * everyMs) / 1000, muted);
    });
    speaking.finish();
    return spoken;
  }

  test("a stretch is one fact, dated when it ended; a short pause within it does not end it and does not count", () => {
    expect(speak([0, 0.1, 0.1, 0.001, 0.1, 0, 0, 0])).toEqual([{ ended: 5_000, ms: 3_000 }]);
  });

  test("noise, a cough and a muted microphone are no speech", () => {
    expect(speak([0.003, 0.005, 0.004])).toEqual([]);
    expect(speak([0, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0], { everyMs: 200 })).toEqual([]);
    expect(speak([0.1, 0.1, 0.1], { muted: true })).toEqual([]);
  });

  test("however one speaks, there are no more than six facts a minute, and their sum is what was spoken", () => {
    const levels = Array.from({ length: 300 }, (_, i) => (i % 4 < 1 ? 0.1 : 0));
    const told = speak(levels);
    expect(told.length).toBeLessThanOrEqual(31);
    expect(told.reduce((sum, { ms }) => sum + ms, 0)).toBe(75_000);
  });

  test("whoever does not stop is told of once a minute", () => {
    const told = speak(Array.from({ length: 150 }, () => 0.1));
    expect(told.map(({ ms }) => ms)).toEqual([60_000, 60_000, 30_000]);
  });

  test("a gap, a new microphone and counters that fall begin anew", () => {
    const spoken: number[] = [];
    const speaking = new Speaking((_, ms) => spoken.push(ms));
    speaking.hear("a", 0, 0, 0, false);
    speaking.hear("a", 100_000, 50, 100, false);
    speaking.hear("a", 101_000, 0, 1, false);
    speaking.hear("b", 110_000, 90, 500, false);
    speaking.hear("b", 111_000, 90.1, 501, false);
    speaking.finish();
    expect(spoken).toEqual([1_000]);
  });

  test("a session tells of its own voice, and not while the microphone is off", async () => {
    const session = come();
    await until(() => session.online);
    session.watch(asPeer(voices()));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await session.end();
    expect(server.ofType("speaker.spoke")).toHaveLength(1);
    expect(server.ofType("speaker.spoke")[0]!.data["duration_ms"]).toBeGreaterThanOrEqual(300);
  });
});
