import { describe, expect, test, vi } from "vitest";
import { MemoryFacts } from "../src/facts.js";
import { attach, join, JoinRefused, P2pMedia, type JoinAnswer, type Session, type Warning } from "../src/index.js";
import { FakePeer } from "./fakePeers.js";
import { page, server, sessions, url } from "./beside.js";
import { until } from "./until.js";

function come(answer: JoinAnswer): Session {
  const session = attach(answer, { url, store: new MemoryFacts() });
  sessions.push(session);
  session.start();
  return session;
}

const host = () => come(server.newJoin("Dr. Obi", true));
const waitingOne = (name = "Ana") => come(server.newJoin(name, false, true));

async function waitingWithHost(): Promise<[Session, Session]> {
  const [obi, ana] = [host(), waitingOne()];
  await until(() => ana.online && obi.waiting.length === 1);
  return [obi, ana];
}

const told = (session: Session) => server.facts.filter(({ connection }) => connection === session.connection).map(({ type, data }) => [type, data]);

describe("waiting", () => {
  test("who waits sees nothing of the call, and nothing is told of them but what they do in it later", async () => {
    const [, ana] = await waitingWithHost();

    ana.update({ cameraEnabled: false });
    ana.connected();
    ana.custom("custom.note");
    await ana.flush();

    expect(ana.state).toBe("waiting");
    expect(ana.call).toBeNull();
    expect(ana.present).toEqual([]);
    expect(ana.iceServers).toEqual([]);
    expect(told(ana)).toEqual([]);
  });

  test("hosts are told who waits, the others are not", async () => {
    const [obi, ben] = [host(), come(server.newJoin("Ben"))];
    await until(() => obi.online && ben.online);

    waitingOne("Ana");
    waitingOne("Cleo");

    await until(() => obi.waiting.length === 2);
    expect(obi.waiting.map(({ display_name }) => display_name)).toEqual(["Ana", "Cleo"]);
    ben.resync();
    await until(() => ben.call?.version === server.version);
    expect(ben.waiting).toEqual([]);
    expect(ben.call?.participants.map(({ display_name }) => display_name)).toEqual(["Dr. Obi", "Ben"]);
  });

  test("let in, one is in the call: its record, who is there, its ICE servers, and one's own media is told", async () => {
    server.iceServers = [{ urls: "stun:here" }];
    const [obi, ana] = await waitingWithHost();
    const heard: JoinAnswer[] = [];
    ana.on("admitted", (answer) => heard.push(answer));
    ana.update({ micEnabled: false });

    expect(await obi.admit(ana.participant.id)).toBeNull();

    await until(() => ana.state === "connecting" && ana.call !== null);
    expect(heard.map(({ ice_servers }) => ice_servers)).toEqual([[{ urls: "stun:here" }]]);
    expect(ana.iceServers).toEqual([{ urls: "stun:here" }]);
    expect(ana.settings.chat_enabled).toBe(false);
    expect(ana.settings.heartbeat_seconds).toBe(15);
    await until(() => told(ana).length === 1 && obi.waiting.length === 0);
    expect(told(ana)).toEqual([["media.changed", { audio_enabled: false, video_enabled: true }]]);
    await until(() => ana.present.length === 2);
  });

  test("media begins when one is let in, with the servers that were given then", async () => {
    server.iceServers = [{ urls: "turn:here", username: "u", credential: "c" }];
    const configurations: RTCConfiguration[] = [];
    const media = (session: Session) =>
      new P2pMedia(session, null, (configuration) => {
        configurations.push(configuration);
        return new FakePeer() as unknown as RTCPeerConnection;
      });
    const obi = attach(server.newJoin("Dr. Obi", true), { url, store: new MemoryFacts() });
    const ana = attach(server.newJoin("Ana", false, true), { url, store: new MemoryFacts() });
    sessions.push(obi, ana);
    const paths = [media(obi), media(ana)];
    obi.start();
    ana.start();
    await until(() => ana.online && obi.waiting.length === 1);
    expect(configurations).toEqual([]);

    await obi.admit(ana.participant.id);

    await until(() => paths.every(({ path }) => path === "connected"));
    expect(configurations.map(({ iceServers }) => iceServers?.[0]?.urls)).toEqual(["turn:here", "turn:here"]);
    await until(() => told(ana).some(([type]) => type === "participant.connected"));
  });

  test("refused, it is over, with the reason and a sentence", async () => {
    const [obi, ana] = await waitingWithHost();
    const out: unknown[] = [];
    ana.on("out", (event) => out.push(event));

    expect(await obi.refuse(ana.participant.id)).toBeNull();

    await until(() => ana.state === "ended");
    expect(ana.reason).toBe("join.refused");
    expect(out).toEqual([{ code: "join.refused", detail: "You were not let in." }]);
    await until(() => obi.waiting.length === 0);
  });

  test("who gives up waiting leaves, and that is all that is told", async () => {
    const [obi, ana] = await waitingWithHost();

    await ana.end("gave_up");

    expect(told(ana)).toEqual([["participant.left", { reason: "gave_up" }]]);
    await until(() => obi.waiting.length === 0);
  });

  test("failing while one waits is leaving", async () => {
    const [, ana] = await waitingWithHost();

    ana.failed("no_camera");

    await until(() => told(ana).length === 1);
    expect(told(ana)).toEqual([["participant.left", { reason: "no_camera" }]]);
  });

  test("a page that is closed while it waits says so", async () => {
    const [, ana] = await waitingWithHost();

    page.dispatchEvent(new Event("pagehide"));

    await until(() => told(ana).length === 1);
    expect(told(ana)).toEqual([["participant.left", { reason: "page_closed" }]]);
  });
});

describe("waiting outlives the socket", () => {
  test("with another connection one waits on", async () => {
    const [obi, ana] = await waitingWithHost();
    const { connection } = ana;

    server.closeSockets(4409);

    await until(() => ana.connection !== connection && ana.online && obi.online);
    expect(ana.state).toBe("waiting");
    await obi.admit(ana.participant.id);
    await until(() => ana.state === "connecting" && ana.call !== null);
  });

  test("let in while the socket was away, one finds out and comes in with what belongs to it", async () => {
    server.iceServers = [{ urls: "stun:here" }];
    const [obi, ana] = await waitingWithHost();
    const heard: JoinAnswer[] = [];
    ana.on("admitted", (answer) => heard.push(answer));
    server.away = true;
    server.closeSockets(null);
    await until(() => !ana.online);

    await obi.admit(ana.participant.id);
    server.away = false;

    await until(() => ana.state === "connecting" && ana.online);
    expect(heard).toHaveLength(1);
    expect(ana.iceServers).toEqual([{ urls: "stun:here" }]);
    await until(() => told(ana).length === 1);
    expect(told(ana)).toEqual([["media.changed", { audio_enabled: true, video_enabled: true }]]);
  });

  test("refused while the socket was away, one is told so", async () => {
    const [obi, ana] = await waitingWithHost();
    server.away = true;
    server.closeSockets(null);
    await until(() => !ana.online);

    await obi.refuse(ana.participant.id);
    server.away = false;

    await until(() => ana.state === "ended");
    expect(ana.reason).toBe("join.refused");
  });
});

describe("what a host asks for", () => {
  test("is answered with why it was not done", async () => {
    const [obi, ana] = await waitingWithHost();
    server.admitRefusal = { status: 409, body: { code: "join.room_full", detail: "Two people are there." } };

    expect(await obi.admit(ana.participant.id)).toEqual({ code: "join.room_full", detail: "Two people are there." });

    expect(ana.state).toBe("waiting");
  });

  test("is not for others", async () => {
    const [, ana] = await waitingWithHost();
    const ben = come(server.newJoin("Ben"));

    expect(await ben.admit(ana.participant.id)).toMatchObject({ code: "access.forbidden" });
    expect(await ana.admit(ana.participant.id)).toMatchObject({ code: "access.forbidden" });

    expect(ana.state).toBe("waiting");
  });

  test("is tried again while the server is busy, and given up in the end", async () => {
    const [obi, ana] = await waitingWithHost();
    server.admitRefusal = { status: 503, body: {} };
    const asked: Promise<Warning | null> = obi.refuse(ana.participant.id);
    setTimeout(() => (server.admitRefusal = null), 100);

    expect(await asked).toBeNull();

    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
    expect(await obi.admit(ana.participant.id)).toMatchObject({ code: "server.unreachable" });
  });
});

describe("consent", () => {
  test("is asked for by a refusal, and given with the next try", async () => {
    server.joinRefusals["inv_taped"] = { status: 403, body: { code: "join.consent_required", detail: "This call may be recorded." } };
    const refusal: unknown = await join({ url, invite: "inv_taped" }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(JoinRefused);
    expect((refusal as JoinRefused).problem).toEqual({ code: "join.consent_required", detail: "This call may be recorded." });
    server.joinRefusals = {};

    sessions.push(await join({ url, invite: "inv_taped", consent: { recording: true }, store: new MemoryFacts() }));

    expect(server.joins).toEqual([{ invite: "inv_taped" }, { invite: "inv_taped", consent: { recording: true } }]);
  });
});
