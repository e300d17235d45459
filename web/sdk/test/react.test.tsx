// @vitest-environment happy-dom
import { act, cleanup, configure, renderHook, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { MemoryFacts } from "../src/facts.js";
import { useCallSession } from "../src/react.js";
import { FakeServer } from "./fakeServer.js";
import { nodeFetch } from "./nodeFetch.js";

configure({ asyncUtilTimeout: 30_000 });

let server: FakeServer;
let url: string;
const store = new MemoryFacts();

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("WebSocket", WebSocket);
  vi.stubGlobal("fetch", nodeFetch);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  url = await server.listen();
});

afterEach(async () => {
  cleanup();
  await server.close();
});

const types = () => server.facts.map(({ type }) => type);

test("a call from start to end: the id is there in between, the verbs are told", async () => {
  const { result } = renderHook(() => useCallSession({ url, store }));
  expect(result.current).toMatchObject({ sessionId: null, loading: false, error: null, available: true });
  let id: string | null = null;
  await act(async () => {
    id = await result.current.start({ invite: "inv_x", media: { audioOption: "wifi" } });
  });
  expect(result.current.sessionId).toBe(id);
  act(() => {
    result.current.connected({ setupMs: 12 });
    result.current.update({ cameraEnabled: false });
    result.current.reportIssue("Audio choppy at 14:32");
  });
  await waitFor(() => expect(types()).toEqual(["media.changed", "participant.connected", "media.changed", "issue.reported"]));
  expect(server.facts[0]!.data).toEqual({ audio_enabled: true, video_enabled: true, audio_option: "wifi" });
  await act(() => result.current.end("user_ended"));
  expect(server.facts.at(-1)).toMatchObject({ type: "participant.left", data: { reason: "user_ended" } });
  expect(result.current.sessionId).toBeNull();
  expect(result.current.error).toBeNull();
  act(() => result.current.rate(4, "Fine"));
  await waitFor(() => expect(server.facts.at(-1)).toMatchObject({ type: "rating.submitted", data: { stars: 4, comment: "Fine" } }));
});

test("a button pressed twice starts one session", async () => {
  const { result } = renderHook(() => useCallSession({ url, store }));
  let ids: (string | null)[] = [];
  await act(async () => {
    ids = await Promise.all([result.current.start({ invite: "inv_x" }), result.current.start({ invite: "inv_x" })]);
  });
  expect(ids[0]).toBe(ids[1]);
  expect(server.joins).toHaveLength(1);
  await act(() => result.current.end());
});

test("the meeting screen goes on with the session that the screen before it started", async () => {
  const preview = renderHook(() => useCallSession({ url, store }));
  let id: string | null = null;
  await act(async () => {
    id = await preview.result.current.start({ invite: "inv_x" });
  });
  preview.unmount();
  const meeting = renderHook(() => useCallSession({ url, store, sessionId: id }));
  expect(meeting.result.current.sessionId).toBe(id);
  act(() => meeting.result.current.failed("no_media"));
  expect(meeting.result.current.sessionId).toBeNull();
  await waitFor(() => expect(types()).toContain("participant.failed"));
});

test("a server that is away is told, blocks nothing and throws nothing", async () => {
  const { result } = renderHook(() => useCallSession({ url: "http://127.0.0.1:1", store }));
  await act(async () => {
    expect(await result.current.start({ invite: "inv_x" })).toBeNull();
  });
  expect(result.current).toMatchObject({ sessionId: null, loading: false, available: false, error: "The server cannot be reached." });
  act(() => {
    result.current.connected();
    result.current.update({ micEnabled: false });
    result.current.reportIssue("x");
    result.current.failed("x");
  });
  await act(() => result.current.end());
});

test("a refusal is an error to show, and the server is there all the same", async () => {
  server.joinRefusals["inv_x"] = { status: 403, body: { code: "join.invite_invalid", detail: "This invitation cannot be used." } };
  const { result } = renderHook(() => useCallSession({ url, store }));
  await act(async () => {
    expect(await result.current.start({ invite: "inv_x" })).toBeNull();
  });
  expect(result.current).toMatchObject({ available: true, error: "This invitation cannot be used." });
});

test("without an address nothing is told and nothing is awaited", async () => {
  const { result } = renderHook(() => useCallSession({ url: null, store }));
  for (let i = 0; i < 2; i++) {
    await act(async () => {
      expect(await result.current.start({ invite: "inv_x" })).toBeNull();
    });
  }
  expect(result.current.available).toBe(false);
});

test("after a resume the id is that of the new connection", async () => {
  const { result } = renderHook(() => useCallSession({ url, store }));
  await act(async () => {
    await result.current.start({ answer: server.newJoin("Ana") });
  });
  const before = result.current.sessionId;
  await waitFor(() => expect(server.openSockets).toBe(1));
  act(() => server.closeSockets(4409));
  await waitFor(() => expect(result.current.sessionId).not.toBe(before));
  expect(result.current.sessionId).not.toBeNull();
  await act(() => result.current.end());
});

test("who has to wait is told so, until a host lets them in", async () => {
  const { result } = renderHook(() => useCallSession({ url, store }));
  const answer = server.newJoin("Ana", false, true);
  await act(async () => {
    await result.current.start({ answer });
  });
  expect(result.current.waiting).toBe(true);
  await waitFor(() => expect(server.openSockets).toBe(1));
  act(() => server.letIn(answer.participant.id));
  await waitFor(() => expect(result.current.waiting).toBe(false));
  expect(result.current.sessionId).toBe(answer.connection);
  await act(() => result.current.end());
});
