import { afterEach, beforeEach, vi } from "vitest";
import { WebSocket } from "ws";
import type { Session } from "../src/index.js";
import { FakePeer, FakeStream } from "./fakePeers.js";
import { FakeServer } from "./fakeServer.js";

/** What each test of a file that imports this has for itself: a page beside a server, and sessions that are ended after it. */
export let server: FakeServer;
export let url: string;
export let page: EventTarget;
export let sessions: Session[];

beforeEach(async () => {
  FakePeer.all = [];
  FakePeer.cutPaths = false;
  vi.stubGlobal("WebSocket", WebSocket);
  vi.stubGlobal("MediaStream", FakeStream);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  page = new EventTarget();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  server = new FakeServer();
  url = await server.listen();
  sessions = [];
});

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(sessions.map((session) => session.end()));
  await server.close();
});
