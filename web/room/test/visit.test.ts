// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { FakeServer } from "../../sdk/test/fakeServer.js";
import { nodeFetch } from "../../sdk/test/nodeFetch.js";
import { roomOf } from "../src/entry.js";
import { clock, momentOf, span, text } from "../src/text.js";
import { Visit, type Screen } from "../src/visit.js";

const ROOM = `room-${"0".repeat(32)}`;
let server: FakeServer;
let url: string;
let visits: Visit[];

beforeEach(async () => {
  vi.stubGlobal("WebSocket", WebSocket);
  vi.stubGlobal("fetch", nodeFetch);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  sessionStorage.clear();
  localStorage.clear();
  server = new FakeServer();
  url = await server.listen();
  visits = [];
});

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(visits.map((visit) => visit.leave()));
  await server.close();
});

function open(fragment: string): Visit {
  history.replaceState(null, "", `/room/${ROOM}${fragment && `#${fragment}`}`);
  const visit = new Visit(roomOf(location.pathname), url);
  visits.push(visit);
  return visit;
}

/** Once it holds: early where it can, and late where others use this machine too. */
const soon = <T>(holds: () => T): Promise<T> => vi.waitFor(holds, { timeout: 30_000 });

/** The page as it is after a refresh: only session storage is left of the visit before. */
const refresh = () => open("");

function seen<Kind extends Screen["kind"]>(visit: Visit, kind: Kind): Extract<Screen, { kind: Kind }> {
  expect(visit.screen.kind).toBe(kind);
  return visit.screen as Extract<Screen, { kind: Kind }>;
}

async function inCall(fragment = "inv_x"): Promise<Visit> {
  const visit = open(fragment);
  await visit.begin();
  await visit.join("Ana");
  const { session } = seen(visit, "call");
  await soon(() => expect(session.online).toBe(true));
  return visit;
}

test("the invite leaves the address at once, and joins", async () => {
  const visit = open("inv_x");
  expect(location.href).not.toContain("inv_x");
  await visit.begin();
  seen(visit, "preview");
  await visit.join("  Ana ");
  expect(server.joins).toEqual([{ invite: "inv_x", display_name: "Ana" }]);
  expect(seen(visit, "call").session.participant.display_name).toBe("Ana");
});

test("pressed twice, it joins once", async () => {
  const visit = open("inv_x");
  await visit.begin();
  await Promise.all([visit.join("Ana"), visit.join("Ana")]);
  expect(server.joins).toHaveLength(1);
});

test("a refresh comes straight back as the same participant with another connection", async () => {
  const before = seen(await inCall(), "call").session;
  const visit = refresh();
  await visit.begin();
  const { session } = seen(visit, "call");
  expect(session.participant.id).toBe(before.participant.id);
  expect(session.connection).not.toBe(before.connection);
  expect(server.joins).toHaveLength(1);
});

test("a camera that is only starting is wanted on after a refresh too", async () => {
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => new Promise(() => undefined) } });
  const visit = open("inv_x");
  void visit.begin();
  await visit.join("Ana");
  await visit.local.setMicrophone(false);
  await visit.local.setCamera(false);
  void visit.local.setCamera(true);
  const again = refresh();
  await again.begin();
  expect(again.local.state).toMatchObject({ camera: "starting", microphone: "off" });
});

test("a refresh after hanging up shows the preview, and does not go back in by itself", async () => {
  const visit = await inCall();
  await visit.leave();
  expect(seen(visit, "ended").ending.title).toBe(text.ended.left);
  const again = refresh();
  await again.begin();
  seen(again, "preview");
  expect(again.name).toBe("Ana");
});

test("joining again is the same person's, and when the call is over it is a new join", async () => {
  const visit = await inCall();
  const { participant } = seen(visit, "call").session;
  await visit.leave();
  await visit.prepare();
  await visit.join("Ana");
  expect(seen(visit, "call").session.participant.id).toBe(participant.id);
  server.endCall();
  await soon(() => expect(seen(visit, "ended").ending.title).toBe(text.ended.over));
  await visit.prepare();
  await visit.join("Ana");
  expect(server.joins).toHaveLength(2);
});

test("when coming back is refused the preview is shown", async () => {
  await inCall();
  server.resumeRefusal = { code: "join.too_late", detail: "The room is closed." };
  const visit = refresh();
  await visit.begin();
  seen(visit, "preview");
});

test("refusals are told in the server's words, by the server's clock; an unreachable server is no refusal", async () => {
  server.joinRefusals["inv_early"] = {
    status: 403,
    body: { code: "join.too_early", detail: "The room opens at ten.", opens_at: new Date(Date.now() + 60_000).toISOString() },
  };
  const visit = open("inv_early");
  await visit.begin();
  await visit.join("Ana");
  const { problem } = seen(visit, "refused");
  expect(problem).toMatchObject({ code: "join.too_early", detail: "The room opens at ten." });
  expect(problem.opens!.here - Date.now()).toBeGreaterThan(50_000);
  server.joinRefusals["inv_early"] = { status: 503, body: {} };
  await visit.join("Ana");
  expect(seen(visit, "refused").problem.code).toBe("unreachable");
});

test("without an invite it says what is missing", async () => {
  const visit = open("");
  await visit.begin();
  expect(seen(visit, "refused").problem.code).toBe("no_invite");
});

test("who is put out is told why", async () => {
  const visit = await inCall();
  server.tellAll({ type: "out", code: "join.revoked", detail: "The invitation was taken back." });
  await soon(() => seen(visit, "ended"));
  expect(seen(visit, "ended").ending).toMatchObject({ title: text.ended.out, detail: "The invitation was taken back." });
});

test("a host ends the call for everybody", async () => {
  const visit = await inCall("inv_host");
  await visit.endForAll();
  expect(seen(visit, "ended").ending.title).toBe(text.ended.over);
  expect(server.ended).toBe(1);
});

test("another link in the same tab is another visit", async () => {
  await inCall();
  const visit = open("inv_y");
  await visit.begin();
  seen(visit, "preview");
  await visit.join("Ana");
  expect(server.joins.map(({ invite }) => invite)).toEqual(["inv_x", "inv_y"]);
});

test("no secret is kept beyond the tab", async () => {
  const visit = await inCall();
  await visit.choose({ speaker: "s1" });
  expect(JSON.stringify(Object.entries(localStorage))).not.toMatch(/inv_|cwr_|cwc_/);
  expect(visit.devices).toEqual({ speaker: "s1" });
});

test("times read as on a clock", () => {
  expect([clock(0), clock(75.9), clock(3_675), clock(-3)]).toEqual(["00:00", "01:15", "1:01:15", "00:00"]);
});

describe("too early", () => {
  const HOUR = 3_600_000;

  /** The page's clock is an hour ahead of the server's. */
  async function early(inMs: number): Promise<Visit> {
    server.joinRefusals["inv_x"] = { status: 403, body: { code: "join.too_early", detail: "…", opens_at: new Date(Date.now() + inMs).toISOString() } };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: Date.now() + HOUR });
    const visit = open("inv_x");
    await visit.begin();
    await visit.join("Ana");
    seen(visit, "refused");
    return visit;
  }

  test("it joins by itself when the room opens, by the server's clock and not the page's", async () => {
    const opensAt = Date.now() + 60_000;
    const visit = await early(60_000);
    const opens = seen(visit, "refused").problem.opens!;
    expect(Math.abs(opens.at.getTime() - opensAt)).toBeLessThan(1_000);
    expect(Math.abs(opens.here - opensAt - HOUR)).toBeLessThan(3_000);
    server.joinRefusals = {};
    await vi.advanceTimersByTimeAsync(55_000);
    seen(visit, "refused");
    expect(server.joins).toHaveLength(1);

    await vi.advanceTimersByTimeAsync(10_000);

    await soon(() => seen(visit, "call"));
    expect(server.joins).toEqual([
      { invite: "inv_x", display_name: "Ana" },
      { invite: "inv_x", display_name: "Ana" },
    ]);
  });

  test("camera and microphone are let go until then, and are as they were chosen when it opens", async () => {
    const visit = await early(20_000);
    const opened = vi.spyOn(visit.local, "open");
    server.joinRefusals = {};
    await vi.advanceTimersByTimeAsync(30_000);
    await soon(() => seen(visit, "call"));
    expect(opened).toHaveBeenCalledWith({ camera: true, microphone: true });
  });

  test("still too early it counts down again", async () => {
    const visit = await early(10_000);
    await vi.advanceTimersByTimeAsync(12_000);
    await soon(() => expect(server.joins).toHaveLength(2));
    await soon(() => expect(seen(visit, "refused").joining).toBe(false));
    server.joinRefusals = {};
    await vi.advanceTimersByTimeAsync(12_000);
    await soon(() => seen(visit, "call"));
  });

  test("a room that opens in a month is not asked for at once", async () => {
    const visit = await early(40 * 24 * HOUR);
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    seen(visit, "refused");
    expect(server.joins).toHaveLength(1);
  });

  test("no server when it opens: it is tried again by itself", async () => {
    const visit = await early(5_000);
    server.joinRefusals["inv_x"] = { status: 503, body: {} };
    await vi.advanceTimersByTimeAsync(7_000);
    await soon(() => expect(seen(visit, "refused").problem.code).toBe("unreachable"));
    server.joinRefusals = {};
    await vi.advanceTimersByTimeAsync(6_000);
    await soon(() => seen(visit, "call"));
  });

  test("who has gone elsewhere is not taken in", async () => {
    const visit = await early(5_000);
    await visit.prepare();
    server.joinRefusals = {};
    await vi.advanceTimersByTimeAsync(60_000);
    seen(visit, "preview");
    expect(server.joins).toHaveLength(1);
  });
});

describe("refused", () => {
  test("a full room is tried again with what was said before", async () => {
    server.joinRefusals["inv_x"] = { status: 409, body: { code: "join.room_full", detail: "Both are there." } };
    const visit = open("inv_x");
    await visit.begin();
    await visit.join("Ana");
    expect(seen(visit, "refused").problem).toEqual({ code: "join.room_full", detail: "Both are there." });
    server.joinRefusals = {};
    await visit.join(visit.name);
    seen(visit, "call");
  });

  test("too late says until when it was", async () => {
    server.joinRefusals["inv_x"] = { status: 403, body: { code: "join.too_late", detail: "…", closes_at: "2026-11-21T10:50:00.000Z" } };
    const visit = open("inv_x");
    await visit.begin();
    await visit.join("Ana");
    expect(seen(visit, "refused").problem.closedAt).toEqual(new Date("2026-11-21T10:50:00Z"));
  });
});

describe("consent to being recorded", () => {
  async function asked(): Promise<Visit> {
    server.joinRefusals["inv_x"] = { status: 403, body: { code: "join.consent_required", detail: "…" } };
    const visit = open("inv_x");
    await visit.begin();
    await visit.join("Ana");
    expect(seen(visit, "consent").declined).toBe(false);
    server.joinRefusals = {};
    return visit;
  }

  test("given, it joins with it", async () => {
    const visit = await asked();
    await visit.agree();
    seen(visit, "call");
    expect(server.joins.map(({ consent }) => consent)).toEqual([undefined, { recording: true }]);
  });

  test("not given, nobody joins and the camera is let go", async () => {
    const visit = await asked();
    visit.decline();
    expect(seen(visit, "consent").declined).toBe(true);
    expect(visit.local.state).toMatchObject({ camera: "off", microphone: "off" });
    expect(server.joins).toHaveLength(1);
    await visit.prepare();
    seen(visit, "preview");
  });

  test("given once, it is not asked for again in this tab", async () => {
    const visit = await asked();
    server.joinRefusals["inv_x"] = { status: 409, body: { code: "join.room_full", detail: "…" } };
    await visit.agree();
    seen(visit, "refused");
    server.joinRefusals = {};
    await visit.join("Ana");
    expect(server.joins.at(-1)).toMatchObject({ consent: { recording: true } });
  });
});

describe("the waiting room", () => {
  async function waiting(): Promise<Visit> {
    const visit = open("inv_wait");
    await visit.begin();
    await visit.join("Ana");
    const { session } = seen(visit, "waiting");
    await soon(() => expect(session.online).toBe(true));
    return visit;
  }

  test("let in, one is in the call", async () => {
    const visit = await waiting();
    const { session } = seen(visit, "waiting");
    server.letIn(session.participant.id);
    await soon(() => expect(seen(visit, "call").session).toBe(session));
  });

  test("a refresh waits on, and the time that was waited counts", async () => {
    const before = seen(await waiting(), "waiting");
    const visit = refresh();
    await visit.begin();
    const now = seen(visit, "waiting");
    expect(now.since).toBe(before.since);
    expect(now.session.participant.id).toBe(before.session.participant.id);
    server.letIn(now.session.participant.id);
    await soon(() => seen(visit, "call"));
    expect(sessionStorage.getItem(`callwell:room:${ROOM}`)).not.toContain("waitingSince");
  });

  test("not let in, one is told so, also after a refresh", async () => {
    const visit = await waiting();
    const { session } = seen(visit, "waiting");
    server.sendAway(session.participant.id);
    await soon(() => expect(seen(visit, "refused").problem.code).toBe("join.refused"));
    const again = refresh();
    await again.begin();
    seen(again, "preview");
  });

  test("refused while the page was reloaded, one is told so", async () => {
    const visit = await waiting();
    const { session } = seen(visit, "waiting");
    const again = refresh();
    server.sendAway(session.participant.id);
    await again.begin();
    expect(seen(again, "refused").problem.code).toBe("join.refused");
  });

  test("who gives up has left, and is not asked how the call was", async () => {
    const visit = await waiting();
    await visit.leave();
    expect(seen(visit, "ended").ending).toMatchObject({ title: text.ended.leftWaiting, wasIn: false });
    await soon(() => expect(server.facts.map(({ type }) => type)).toEqual(["participant.left"]));
  });

  test("a call that ends meanwhile is told as over", async () => {
    const visit = await waiting();
    server.endCall();
    await soon(() => expect(text.refusals[seen(visit, "refused").problem.code]!.title).toBe(text.ended.over));
  });
});

test("a time is told where the person is, with its day when that is another", () => {
  const at = new Date("2026-11-21T08:50:00Z");
  const on = (now: string, zone = "Europe/Berlin", language = "en-GB") => momentOf(at, new Date(now), zone, language);
  expect(on("2026-11-21T08:30:00Z")).toBe("09:50");
  expect(on("2026-11-21T08:30:00Z", "America/New_York", "en-US")).toBe("03:50 AM");
  expect(on("2026-11-20T22:30:00Z")).toMatch(/^09:50 on Saturday,? 21 November$/);
  expect(on("2026-11-20T23:30:00Z")).toBe("09:50");
  expect(on("2025-12-31T12:00:00Z")).toMatch(/^09:50 on Saturday,? 21 November 2026$/);
});

test("a long wait is told in days", () => {
  expect([span(75), span(86_399), span(86_400), span(183_600)]).toEqual(["01:15", "23:59:59", "1 day 0 h", "2 days 3 h"]);
});
