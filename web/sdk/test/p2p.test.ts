import { beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryFacts } from "../src/facts.js";
import { attach, LocalMedia, P2pMedia, type Session } from "../src/index.js";
import type { JoinAnswer } from "../src/protocol.js";
import { FakePeer, FakeTrack } from "./fakePeers.js";
import { server, sessions, url } from "./beside.js";
import { until } from "./until.js";

interface Page {
  session: Session;
  media: P2pMedia;
  peers: FakePeer[];
}

let pages: Page[];

beforeEach(() => {
  pages = [];
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function come(answer: JoinAnswer): Page {
  const session = attach(answer, { url, store: new MemoryFacts() });
  const peers: FakePeer[] = [];
  const media = new P2pMedia(session, null, () => {
    const peer = new FakePeer();
    peers.push(peer);
    return peer as unknown as RTCPeerConnection;
  });
  const page = { session, media, peers };
  pages.push(page);
  sessions.push(session);
  session.start();
  return page;
}

/** The impolite page first: its connection id is the smaller. */
async function call(): Promise<[Page, Page]> {
  const ana = come(server.newJoin("Ana"));
  const ben = come(server.newJoin("Ben"));
  await until(() => ana.media.path === "connected" && ben.media.path === "connected");
  return [ana, ben];
}

const told = (page: Page, type: string) => server.ofType(type).filter(({ connection }) => connection === page.session.connection);

describe("two pages meet", () => {
  test("one offer, one answer, each media path told once, with the time that it took", async () => {
    const begun = performance.now();
    const [ana, ben] = await call();
    await until(() => server.ofType("participant.connected").length === 2);
    const took = performance.now() - begun;
    expect(ana.peers).toHaveLength(1);
    expect(ben.peers).toHaveLength(1);
    expect(ana.media.peers.map(({ participant, connected }) => [participant, connected])).toEqual([[ben.session.participant.id, true]]);
    expect(ben.peers[0]!.transceivers.map(({ direction }) => direction)).toEqual(["sendrecv", "sendrecv"]);
    expect(told(ana, "participant.connected")[0]!.data["setup_ms"]).toBeLessThanOrEqual(took + 1);
    expect(ana.session.state).toBe("connected");
  });

  test("alone in a room one is only connecting, and time spent alone is not set-up time", async () => {
    const ana = come(server.newJoin("Ana"));
    await until(() => ana.session.online);
    await pause(700);
    expect(ana.session.state).toBe("connecting");
    expect(ana.media.path).toBe("waiting");
    expect(ana.peers).toHaveLength(0);
    const begun = performance.now();
    come(server.newJoin("Ben"));
    await until(() => told(ana, "participant.connected").length === 1);
    expect(told(ana, "participant.connected")[0]!.data["setup_ms"]).toBeLessThanOrEqual(performance.now() - begun + 1);
  });

  test("another device of one's own is no company", async () => {
    const answer = server.newJoin("Ana");
    const [first, second] = [come(answer), come(server.newDevice(answer))];
    await until(() => first.session.present.length === 2 && second.session.present.length === 2);
    await pause(50);
    expect([first.media.path, second.media.path]).toEqual(["waiting", "waiting"]);
  });

  test("tracks go to everybody present and are replaced, never renegotiated", async () => {
    const [ana, ben] = await call();
    const [voice, face, screen] = [new FakeTrack("audio"), new FakeTrack("video"), new FakeTrack("video")];
    const generation = ana.peers[0]!.localDescription?.sdp;
    const sends = (page: Page) => page.peers[0]!.transceivers.map(({ sender }) => sender.track);
    for (const page of [ana, ben]) page.media.send({ audio: voice as never, video: face as never });
    expect([sends(ana), sends(ben)]).toEqual([[voice, face], [voice, face]]);
    ana.media.send({ audio: voice as never, video: screen as never });
    expect(sends(ana)).toEqual([voice, screen]);
    ana.media.send({ audio: voice as never, video: null });
    expect(sends(ana)).toEqual([voice, null]);
    await pause(30);
    expect(ana.peers[0]!.localDescription?.sdp).toBe(generation);
  });
});

describe("perfect negotiation", () => {
  test("offers that cross are settled: the polite page takes its own back", async () => {
    const [ana, ben] = await call();
    const [impolite, polite] = [ana.peers[0]!, ben.peers[0]!];
    impolite.restartIce();
    polite.restartIce();
    await until(() => polite.rollbacks === 1);
    await until(() => impolite.signalingState === "stable" && polite.signalingState === "stable");
    expect(impolite.rollbacks).toBe(0);
    await pause(50);
    expect([ana.media.path, ben.media.path]).toEqual(["connected", "connected"]);
    expect([ana.peers.length, ben.peers.length]).toEqual([1, 1]);
  });

  test("an offer that got lost is made again", async () => {
    const ana = come(server.newJoin("Ana"));
    await until(() => ana.session.online);
    const lose = vi.spyOn(ana.session, "signal").mockReturnValue(true);
    const ben = come(server.newJoin("Ben"));
    await until(() => lose.mock.calls.length > 2);
    lose.mockRestore();
    await until(() => ana.media.path === "connected" && ben.media.path === "connected");
  });

  test("what is no signal of ours is ignored", async () => {
    const [ana, ben] = await call();
    for (const body of [null, 7, "x", {}, { link: 4 }, { link: "zz", description: { type: "answer", sdp: "1/1" } }, { link: "zz", candidate: {} }]) ben.session.signal(ana.session.connection, body);
    await pause(100);
    expect(ana.media.path).toBe("connected");
  });
});

describe("the path is lost and found", () => {
  test("a failed path is told with the time of its loss, restarted, and told again when it is back", async () => {
    const [ana, ben] = await call();
    FakePeer.cutPaths = true;
    const lostAt = Date.now();
    for (const { peers } of [ana, ben]) peers[0]!.become("disconnected");
    const lostBy = Date.now();
    await until(() => told(ana, "participant.disconnected").length === 1 && told(ben, "participant.disconnected").length === 1);
    expect(ana.media.path).toBe("reconnecting");
    expect(told(ana, "participant.disconnected")[0]!.data).toEqual({ reason: "media_lost" });
    const lost = Date.parse(told(ana, "participant.disconnected")[0]!.occurred_at);
    expect(lost).toBeGreaterThan(lostAt - 100);
    expect(lost).toBeLessThan(lostBy + 100);
    for (const { peers } of [ana, ben]) peers[0]!.become("failed");
    await until(() => ana.peers[0]!.restarts > 0);
    FakePeer.cutPaths = false;
    await until(() => ana.media.path === "connected" && ben.media.path === "connected");
    await until(() => server.ofType("participant.reconnected").length === 2);
    expect(server.ofType("participant.reconnected").map(({ data }) => data)).toEqual([{ media_kept: false }, { media_kept: false }]);
  });

  test("a blip is not told", async () => {
    const [ana, ben] = await call();
    for (const { peers } of [ana, ben]) peers[0]!.become("disconnected");
    await pause(400);
    for (const { peers } of [ana, ben]) peers[0]!.become("connected");
    await pause(1_600);
    expect(server.ofType("participant.disconnected")).toEqual([]);
  });

  test("a socket that is away for a while leaves the media alone", async () => {
    const [ana, ben] = await call();
    server.away = true;
    server.closeSockets(null);
    await until(() => !ana.session.online && !ben.session.online);
    await pause(300);
    expect([ana.media.path, ben.media.path]).toEqual(["connected", "connected"]);
    server.away = false;
    await until(() => ana.session.online && ben.session.online);
    await pause(100);
    expect([ana.peers.length, ben.peers.length]).toEqual([1, 1]);
    expect(server.ofType("participant.reconnected")).toEqual([]);
  });
});

describe("the other one", () => {
  test("refreshes the page: the old connection goes, the new one is met, and no loss of ours is told", async () => {
    const [ana, ben] = await call();
    const refreshed = await fetch(`${url}/v1/join/resume`, { method: "POST", body: JSON.stringify({ resume: ben.session.resumeSecret }) });
    ben.media.close();
    await ben.session.end("page_closed");
    const again = come((await refreshed.json()) as JoinAnswer);
    await until(() => ana.media.path === "connected" && again.media.path === "connected");
    await pause(1_700);
    expect(ana.media.peers.map(({ connection }) => connection)).toEqual([again.session.connection]);
    expect(ana.peers[0]!.closed).toBe(true);
    expect(told(ana, "participant.disconnected")).toEqual([]);
    expect(told(ana, "participant.connected")).toHaveLength(1);
  });

  test("vanishes with socket and media: it is theirs to tell, and we wait for them", async () => {
    const [ana, ben] = await call();
    vi.spyOn(ben.session, "disconnected").mockImplementation(() => undefined);
    const view = server.view();
    server.tellAll({ type: "presence", online: [{ connection: ana.session.connection, participant: ana.session.participant.id }] });
    server.tellAll({ type: "call", version: 9_000, call: { ...view, version: 9_000 } });
    await until(() => ana.session.present.length === 1);
    ana.peers[0]!.become("disconnected");
    await until(() => ana.media.path === "reconnecting");
    await pause(1_800);
    expect(told(ana, "participant.disconnected")).toEqual([]);
  });

  test("is put out: the connection to them is closed and not made again", async () => {
    const [ana, ben] = await call();
    server.tellAll({ type: "close_peer", connection: ben.session.connection });
    await until(() => ana.peers[0]!.closed);
    await pause(100);
    expect(ana.peers).toHaveLength(1);
    expect(ana.media.path).toBe("waiting");
  });
});

test("with another connection of ours everybody is met anew", async () => {
  const [ana, ben] = await call();
  const before = ana.session.connection;
  await until(() => server.ofType("participant.connected").length === 2);
  server.closeSockets(4409);
  await until(() => ana.session.connection !== before && ana.session.online && ben.session.online);
  await until(() => ana.media.path === "connected" && ben.media.path === "connected");
  await until(() => told(ana, "participant.connected").length === 1);
  expect(told(ana, "participant.reconnected")).toEqual([]);
});

test("when there is no way to each other it is said, and no longer when there is", async () => {
  FakePeer.cutPaths = true;
  const [ana, ben] = [come(server.newJoin("Ana")), come(server.newJoin("Ben"))];
  await until(() => ana.media.path === "connecting" && ben.media.path === "connecting");
  expect(ana.media.struggling).toBe(false);
  let heard = false;
  ana.media.onChange(() => (heard ||= ana.media.struggling));
  const now = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => now() + 21_000);
  await until(() => heard);
  FakePeer.cutPaths = false;
  await until(() => ana.media.path === "connected");
  expect(ana.media.struggling).toBe(false);
});

test("at the end everything is let go", async () => {
  const [ana] = await call();
  await ana.session.end();
  expect(ana.media.path).toBe("closed");
  expect(ana.peers.every(({ closed }) => closed)).toBe(true);
});

test("a camera that the browser may not use is told once for each time that it was asked for", async () => {
  const refused = vi.fn(() => Promise.reject(new DOMException("no", "NotAllowedError")));
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: refused, addEventListener: () => undefined } });
  const session = attach(server.newJoin("Ana"), { url, store: new MemoryFacts() });
  const local = new LocalMedia();
  new P2pMedia(session, local, () => new FakePeer() as unknown as RTCPeerConnection);
  sessions.push(session);
  session.start();

  await local.setCamera(true);
  await local.setMicrophone(false);
  await local.setCamera(true);
  await until(() => server.ofType("error.occurred").length === 2);

  expect(server.ofType("error.occurred").map(({ data }) => data)).toEqual(Array(2).fill({ code: "permission_denied", message: "camera" }));
});
