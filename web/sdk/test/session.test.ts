import { describe, expect, test, vi } from "vitest";
import { MemoryFacts } from "../src/facts.js";
import { attach, join, JoinRefused, resume, Unreachable, type CallView, type Session, type StateChange, type Warning } from "../src/index.js";
import { page, server, sessions, url } from "./beside.js";
import { until } from "./until.js";

function come(name = "Ana", host = false, store = new MemoryFacts()): Session {
  const session = attach(server.newJoin(name, host), { url, store });
  sessions.push(session);
  return session;
}

async function arrive(name = "Ana", host = false): Promise<Session> {
  const session = come(name, host);
  session.start();
  await until(() => session.online);
  return session;
}

const types = () => server.facts.map(({ type }) => type);

describe("coming in", () => {
  test("an invite is exchanged for a session; nothing but what was given is sent", async () => {
    const session = await join({ url, invite: "inv_x", displayName: "Ana", audioOption: "wifi", store: new MemoryFacts() });
    expect(server.joins).toEqual([{ invite: "inv_x", display_name: "Ana", audio_option: "wifi" }]);
    expect(session.participant.display_name).toBe("Ana");
    expect(session.state).toBe("connecting");
  });

  test("a refusal has its code, a sentence for the person, and when the doors open", async () => {
    server.joinRefusals["inv_early"] = { status: 403, body: { code: "join.too_early", detail: "The room opens at ten.", opens_at: "2026-11-21T10:00:00.000Z" } };
    const refusal = await join({ url, invite: "inv_early" }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(JoinRefused);
    expect(refusal).toMatchObject({ code: "join.too_early", detail: "The room opens at ten.", opensAt: new Date("2026-11-21T10:00:00Z") });
  });

  test("a server that is away, broken or something else altogether is unreachable, not a refusal", async () => {
    server.joinRefusals["inv_500"] = { status: 503, body: { code: "database.away" } };
    server.joinRefusals["inv_html"] = { status: 404, body: "<html>" as never };
    await expect(join({ url, invite: "inv_500" })).rejects.toBeInstanceOf(Unreachable);
    await expect(join({ url, invite: "inv_html" })).rejects.toBeInstanceOf(Unreachable);
    await expect(join({ url: "http://127.0.0.1:1", invite: "inv_x" })).rejects.toBeInstanceOf(Unreachable);
  });

  test("a resume secret gives the same participant another connection", async () => {
    const first = await join({ url, invite: "inv_x", displayName: "Ana", store: new MemoryFacts() });
    const second = await resume({ url, resume: first.resumeSecret, store: new MemoryFacts() });
    expect(second.participant.id).toBe(first.participant.id);
    expect(second.connection).not.toBe(first.connection);
  });
});

describe("telling what happens", () => {
  test("a whole stay, over the socket, each fact once and in order", async () => {
    const session = await arrive();
    const states: StateChange[] = [];
    session.on("state", (change) => states.push(change));
    session.connected({ setupMs: 640.4 });
    session.connected({ setupMs: 9 });
    session.update({ cameraEnabled: false });
    session.update({ cameraEnabled: false, audioOption: "cellular" });
    session.update({ screenShared: true });
    session.disconnected("ice");
    session.disconnected("ice");
    session.reconnected({ mediaKept: false });
    session.chatSent();
    session.reactionSent("heart");
    session.custom("custom.note", { page: 3 });
    session.reportIssue("Sound is choppy");
    await session.end();
    session.rate(9, "Fine");
    await until(() => types().includes("rating.submitted"));
    expect(server.facts.map(({ type, data }) => [type, data])).toEqual([
      ["media.changed", { audio_enabled: true, video_enabled: true }],
      ["participant.connected", { setup_ms: 640 }],
      ["media.changed", { video_enabled: false }],
      ["media.changed", { audio_option: "cellular" }],
      ["media.changed", { screen_shared: true }],
      ["participant.disconnected", { reason: "ice" }],
      ["participant.reconnected", { media_kept: false }],
      ["chat.sent", {}],
      ["reaction.sent", { kind: "heart" }],
      ["custom.note", { page: 3 }],
      ["issue.reported", { text: "Sound is choppy" }],
      ["participant.left", { reason: "normal" }],
      ["rating.submitted", { stars: 5, comment: "Fine" }],
    ]);
    expect(server.facts.slice(0, -1).every(({ via }) => via === "socket")).toBe(true);
    expect(states.map(({ state }) => state)).toEqual(["connected", "ended"]);
    await until(() => server.openSockets === 0);
  });

  test("giving up is told as failed", async () => {
    const session = await arrive();
    session.failed("no_media");
    await until(() => types().includes("participant.failed"));
    expect(session.state).toBe("failed");
    expect(session.reason).toBe("no_media");
  });

  test("what the record cannot hold is cut or dropped here, with a warning, never thrown", async () => {
    const session = await arrive();
    const warnings: Warning[] = [];
    session.on("warning", (warning) => warnings.push(warning));
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    session.custom("custom.circle", circle);
    session.custom("participant.left", {});
    session.custom("custom.large", { text: "x".repeat(3_000) });
    session.reportIssue("y".repeat(5_000) + "\0");
    session.reportIssue("   ");
    await until(() => types().includes("issue.reported"));
    expect(warnings.map(({ code }) => code)).toEqual(["fact.refused", "fact.refused", "fact.refused"]);
    expect(server.ofType("issue.reported").map(({ data }) => String(data["text"]).length)).toEqual([2_000]);
    expect(types().filter((type) => type.startsWith("custom."))).toEqual([]);
  });

  test("a listener that throws harms neither the call nor the other listeners", async () => {
    const session = await arrive();
    const heard: string[] = [];
    session.on("state", () => {
      throw new Error("host's own bug");
    });
    session.on("state", ({ state }) => heard.push(state));
    session.connected();
    expect(heard).toEqual(["connected"]);
    await until(() => types().includes("participant.connected"));
  });

  test("with no server at all every verb returns and nothing is thrown", async () => {
    const answer = server.newJoin();
    await server.close();
    const session = attach(answer, { url, store: new MemoryFacts() });
    session.start();
    session.connected();
    session.update({ micEnabled: false });
    session.disconnected();
    session.reconnected();
    session.reportIssue("x");
    session.rate(3);
    session.chatSent();
    session.reactionSent();
    session.custom("custom.x");
    expect(session.signal("somebody", {})).toBe(false);
    await session.end();
    expect(session.state).toBe("ended");
  });
});

describe("the record as it changes", () => {
  test("views are taken only when newer than the last, and calls' ends end the session", async () => {
    const session = await arrive();
    const versions: number[] = [];
    session.on("call", ({ version }) => versions.push(version));
    const view = (version: number): { type: string; version: number; call: CallView } => ({ type: "call", version, call: { ...server.view(), version } });
    for (const version of [1_005, 1_004, 1_005, 1_007]) server.tellAll(view(version));
    await until(() => versions.includes(1_007));
    expect(versions.filter((version) => version > 1_000)).toEqual([1_005, 1_007]);
    server.version = 2_000;
    server.endCall("forced");
    await until(() => session.state === "ended");
    expect(session.reason).toBe("forced");
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(server.hellos).toBe(1);
  });

  test("presence and signals reach the page; one's own words reach the other", async () => {
    const [ana, ben] = [await arrive("Ana"), await arrive("Ben")];
    await until(() => ana.present.length === 2);
    const heard: unknown[] = [];
    ben.on("signal", (signal) => heard.push(signal));
    expect(ana.signal(ben.connection, { hello: 1 })).toBe(true);
    await until(() => heard.length === 1);
    expect(heard).toEqual([{ from: ana.connection, body: { hello: 1 } }]);
  });

  test("a host ends the call for everybody; who may not is told so and stays", async () => {
    const [host, guest] = [await arrive("Ana", true), await arrive("Ben")];
    const warnings: string[] = [];
    guest.on("warning", ({ code }) => warnings.push(code));
    await guest.endCall();
    expect(warnings).toEqual(["end.refused"]);
    expect(guest.state).toBe("connecting");
    await host.endCall();
    expect(host.state).toBe("ended");
    await until(() => guest.state === "ended");
    expect(types()).not.toContain("participant.left");
  });

  test("when the call cannot be ended for all we leave all the same", async () => {
    const host = await arrive("Ana", true);
    server.away = true;
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
    await host.endCall();
    expect(host.state).toBe("ended");
  });
});

describe("the socket comes back", () => {
  test("cut off, it is opened again and what was said meanwhile arrives, once", async () => {
    const session = await arrive();
    session.connected();
    await until(() => types().includes("participant.connected"));
    server.away = true;
    server.closeSockets(null);
    await until(() => !session.online);
    for (let i = 0; i < 20; i++) session.chatSent();
    server.away = false;
    await until(() => session.online);
    await until(() => server.ofType("chat.sent").length === 20);
    expect(server.hellos).toBe(2);
    expect(types()).not.toContain("participant.reconnected");
    expect(new Set(server.arrivals).size).toBe(server.arrivals.length);
  });

  test("while it stays away facts are posted", async () => {
    const session = await arrive();
    server.away = true;
    server.closeSockets(null);
    await until(() => !session.online);
    session.reportIssue("No sound");
    await until(() => types().includes("issue.reported"));
    expect(server.ofType("issue.reported")[0]?.via).toBe("post");
  });

  test.each([1001, 1012, 4400, 4429])("after %i it comes back as the same connection", async (code) => {
    const session = await arrive();
    const { connection } = session;
    server.closeSockets(code);
    await until(() => server.hellos === 2 && session.online);
    expect(session.connection).toBe(connection);
  });

  test("an app that goes to the background has what waits sent at once, socket or not", async () => {
    const session = await arrive();
    server.away = true;
    server.closeSockets(null);
    await until(() => !session.online);
    session.chatSent();

    await session.flush();

    expect(server.ofType("chat.sent")[0]?.via).toBe("post");
  });

  test("misunderstood twice, it is silent and posts its facts", async () => {
    const session = await arrive();
    server.socketFault = () => ({ close: 4400 });
    session.chatSent();
    await until(() => types().includes("chat.sent"));
    expect(server.ofType("chat.sent")[0]?.via).toBe("post");
    expect(session.online).toBe(false);
  });

  test("put out, it stops and says why", async () => {
    const session = await arrive();
    const out: unknown[] = [];
    session.on("out", (event) => out.push(event));
    server.tellAll({ type: "out", code: "join.revoked", detail: "The invitation was taken back." });
    server.closeSockets(4403);
    await until(() => session.state === "ended");
    expect(out).toEqual([{ code: "join.revoked", detail: "The invitation was taken back." }]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(server.hellos).toBe(1);
  });

  test.each([4401, 4409])("after %i it resumes: the same participant, another connection, its media told anew", async (code) => {
    const session = await arrive();
    session.update({ cameraEnabled: false });
    session.connected();
    await until(() => types().includes("participant.connected"));
    const { connection, participant, resumeSecret } = session;
    server.closeSockets(code);
    await until(() => session.connection !== connection && session.online);
    await until(() => server.ofType("participant.connected").length === 2);
    expect(session.participant.id).toBe(participant.id);
    expect(session.resumeSecret).not.toBe(resumeSecret);
    const after = server.facts.filter((fact) => fact.connection === session.connection);
    expect(after.map(({ type, data }) => [type, data])).toEqual([
      ["media.changed", { audio_enabled: true, video_enabled: false }],
      ["participant.connected", {}],
    ]);
  });

  test("when it may not resume the session ends with the reason", async () => {
    const session = await arrive();
    server.resumeRefusal = { code: "join.too_late", detail: "The room is closed." };
    const out: unknown[] = [];
    session.on("out", (event) => out.push(event));
    server.closeSockets(4409);
    await until(() => session.state === "ended");
    expect(out).toEqual([{ code: "join.too_late", detail: "The room is closed." }]);
  });

  test("two pages that resume the same participant do not take it in turns for ever", async () => {
    const session = await arrive();
    for (let i = 0; i < 3; i++) {
      const { connection } = session;
      server.closeSockets(4409);
      await until(() => session.connection !== connection && session.online);
    }
    server.closeSockets(4409);
    await until(() => session.state === "ended");
    expect(session.reason).toBe("replaced");
  });

  test("a server that goes silent is noticed within two heartbeats and a third", async () => {
    server.heartbeatSeconds = 0.1;
    const session = await arrive();
    await until(() => server.heartbeats >= 2);
    server.deaf = true;
    await until(() => server.hellos >= 2);
    server.deaf = false;
    await until(() => session.online);
  });

  test("the network coming back ends the waiting at once", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const session = await arrive();
    server.away = true;
    server.closeSockets(null);
    await until(() => !session.online);
    await new Promise((resolve) => setTimeout(resolve, 1_700)); // two failed tries: the next would be in 2 s
    server.away = false;
    const before = performance.now();
    page.dispatchEvent(new Event("online"));
    await until(() => session.online);
    expect(performance.now() - before).toBeLessThan(1_500);
  });

  test("away for longer than the lease while media stood, it says so; for shorter, it does not", async () => {
    server.heartbeatSeconds = 0.2;
    const session = await arrive();
    session.connected();
    await until(() => types().includes("participant.connected"));
    server.closeSockets(null);
    await until(() => server.hellos === 2 && session.online);
    server.away = true;
    server.closeSockets(null);
    await new Promise((resolve) => setTimeout(resolve, 800));
    server.away = false;
    page.dispatchEvent(new Event("online"));
    await until(() => types().includes("participant.reconnected"));
    expect(server.ofType("participant.reconnected").map(({ data }) => data)).toEqual([{ media_kept: true }]);
  });

  test("retry is heeded, and silence on the socket does not lose facts", async () => {
    const session = await arrive();
    await until(() => types().length === 1);
    let asked = 0;
    server.socketFault = () => (++asked === 1 ? { retry: 300 } : null);
    const before = performance.now();
    session.chatSent();
    await until(() => types().includes("chat.sent"));
    expect(performance.now() - before).toBeGreaterThan(290);
  });
});

describe("the page goes away", () => {
  test("a closed page leaves by itself, with what was not sent yet", async () => {
    const store = new MemoryFacts();
    const session = come("Ana", false, store);
    session.start();
    await until(() => session.online);
    await until(() => types().length === 1);
    server.socketFault = () => "silence";
    session.chatSent();
    page.dispatchEvent(new Event("pagehide"));
    await until(() => types().includes("participant.left"));
    expect(server.ofType("participant.left")[0]).toMatchObject({ data: { reason: "page_closed" }, via: "post" });
    expect(types()).toContain("chat.sent");
    expect(server.openSockets).toBe(0);
    // No answer was heard, so they stay for the next page, which is told that they are known.
    const kept = (await store.all()).map(({ fact }) => fact.type);
    expect(kept).toEqual(["chat.sent", "participant.left"]);
    server.socketFault = null;
    const next = attach(server.newJoin("Ben"), { url, store });
    sessions.push(next);
    next.start();
    await until(() => server.arrivals.length >= 5);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.ofType("participant.left")).toHaveLength(1);
    expect(await store.all()).toEqual([]);
  });

  test("a page that the browser brings back resumes", async () => {
    const session = await arrive();
    const { connection } = session;
    page.dispatchEvent(new Event("pagehide"));
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await until(() => session.connection !== connection && session.online);
    expect(session.state).toBe("connecting");
  });
});
