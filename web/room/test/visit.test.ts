// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { FakeServer } from "../../sdk/test/fakeServer.js";
import { nodeFetch } from "../../sdk/test/nodeFetch.js";
import { roomOf } from "../src/entry.js";
import { clock, text } from "../src/text.js";
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
  await Promise.all(visits.map((visit) => visit.leave()));
  await server.close();
});

function open(fragment: string): Visit {
  history.replaceState(null, "", `/room/${ROOM}${fragment && `#${fragment}`}`);
  const visit = new Visit(roomOf(location.pathname), url);
  visits.push(visit);
  return visit;
}

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
  await vi.waitFor(() => expect(session.online).toBe(true));
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
  await vi.waitFor(() => expect(seen(visit, "ended").ending.title).toBe(text.ended.over));
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
  expect(problem.opensAt! - Date.now()).toBeGreaterThan(58_000);
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
  await vi.waitFor(() => seen(visit, "ended"));
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
