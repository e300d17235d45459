// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { address, del, get, patch, post, Problem, setCsrf, Unreachable, whenSignedOut } from "../src/api/client.js";

const asked = vi.fn<typeof fetch>();
const signedOut = vi.fn();

beforeEach(() => {
  asked.mockReset();
  signedOut.mockReset();
  vi.stubGlobal("fetch", asked);
  setCsrf(null);
  whenSignedOut(signedOut);
});

function answers(status: number, body?: unknown): void {
  asked.mockResolvedValueOnce(new Response(body === undefined ? null : JSON.stringify(body), { status }));
}

function sent(): { url: string; headers: Record<string, string>; body: unknown } {
  const [url, init] = asked.mock.lastCall!;
  return { url: url as string, headers: init?.headers as Record<string, string>, body: init?.body };
}

test("names in a path are escaped, and what is not given is not asked", () => {
  const query = { status: "active", person: null, tag: "", from: undefined, limit: 0 };
  expect(address("/v1/people/{identity}", { path: { identity: "user:a/b?c" }, query })).toBe("/v1/people/user%3Aa%2Fb%3Fc?status=active&limit=0");
});

test("what changes something carries the session's token, and what reads does not", async () => {
  setCsrf("token");
  answers(200, { items: [] });
  await get("/v1/keys");
  expect(sent().headers).not.toHaveProperty("X-Callwell-CSRF");
  answers(200, { items: [] });
  await patch("/v1/settings", { body: { chat_enabled: false } });
  expect(sent()).toMatchObject({ headers: { "X-Callwell-CSRF": "token", "Content-Type": "application/json" }, body: '{"chat_enabled":false}' });
  answers(204);
  await del("/v1/keys/{key_id}", { path: { key_id: "1" } });
  expect(sent().headers).toMatchObject({ "X-Callwell-CSRF": "token" });
});

test("what the API says went wrong is told with its code, sentence and fields", async () => {
  answers(422, { code: "invalid", detail: "It is not right.", errors: [{ field: "name", problem: "Too long." }] });
  const why = await post("/v1/keys", { body: { name: "x", scopes: [] } }).catch((error: unknown) => error);
  expect(why).toBeInstanceOf(Problem);
  expect(why).toMatchObject({ status: 422, code: "invalid", detail: "It is not right.", fields: [{ field: "name", problem: "Too long." }] });
  expect(signedOut).not.toHaveBeenCalled();
});

test("a session that is over leads to the sign-in page, a wrong password does not", async () => {
  answers(401, { code: "session.over", detail: "" });
  await expect(get("/v1/keys")).rejects.toBeInstanceOf(Problem);
  expect(signedOut).toHaveBeenCalledTimes(1);
  answers(401, { code: "session.refused", detail: "" });
  await expect(post("/v1/session", { body: { email: "a@b.c", password: "x" } })).rejects.toBeInstanceOf(Problem);
  expect(signedOut).toHaveBeenCalledTimes(1);
});

test("a server that is not there and an answer that nobody can read are told apart", async () => {
  asked.mockRejectedValueOnce(new TypeError("network"));
  await expect(get("/v1/keys")).rejects.toBeInstanceOf(Unreachable);
  asked.mockResolvedValueOnce(new Response("<html>", { status: 502 }));
  await expect(get("/v1/keys")).rejects.toMatchObject({ status: 502, code: "unreadable" });
});

test("what a page asks for while nobody is there keeps nobody signed in", async () => {
  vi.useFakeTimers({ now: Date.now() });
  try {
    dispatchEvent(new Event("keydown"));
    answers(200, {});
    await get("/v1/keys");
    expect(sent().headers).not.toHaveProperty("X-Callwell-Passive");
    vi.advanceTimersByTime(60_000);
    answers(200, {});
    await get("/v1/keys");
    expect(sent().headers).toMatchObject({ "X-Callwell-Passive": "1" });
    dispatchEvent(new Event("pointermove"));
    answers(200, {});
    await get("/v1/keys");
    expect(sent().headers).not.toHaveProperty("X-Callwell-Passive");
  } finally {
    vi.useRealTimers();
  }
});
