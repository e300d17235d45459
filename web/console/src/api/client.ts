/**
 * Our own API, typed by its description.
 *
 *     const call = await get("/v1/calls/{call_id}", { path: { call_id: id } });
 *     const calls = await get("/v1/calls", { query: { status: "active" }, signal });
 *     await patch("/v1/settings", { body: { quiet_hours: "" } });
 *
 * What goes wrong is a `Problem` with the code of the API. Who is not signed in any more is led to the sign-in page by `whenSignedOut`.
 */
import { isIdle } from "./activity.js";
import type { paths } from "./schema.js";

type Method = "get" | "post" | "put" | "patch" | "delete";
type With<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];
type Json<T> = T extends { content: { "application/json": infer B } } ? B : undefined;
type Success = 200 | 201 | 202 | 204;

/** What a route answers with. */
export type Answer<P extends keyof paths, M extends Method = "get"> = paths[P][M] extends { responses: infer R }
  ? { [S in keyof R]: S extends Success ? Json<R[S]> : never }[keyof R]
  : never;

/** One of the items a list route answers with. */
export type Item<P extends keyof paths> = Answer<P> extends { items: readonly (infer I)[] } ? I : never;

type Parameters<P extends keyof paths, M extends Method> = paths[P][M] extends { parameters: infer A } ? A : never;
type InPath<A> = A extends { path: infer V extends object } ? { path: V } : { path?: never };
/** What is left out or empty is not sent. */
type InQuery<A> = A extends { query?: infer V extends object | undefined } ? { query?: { [K in keyof V]?: V[K] | null | undefined } } : { query?: never };
type InBody<O> = O extends { requestBody: infer B } ? { body: Loose<Json<B>> } : O extends { requestBody?: infer B } ? { body?: Loose<Json<B>> } : { body?: never };
/** The description gives what has a default as always there, which is true of answers only. */
type Loose<T> = T extends object ? Partial<T> : T;
interface Anyway {
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}
export type Given<P extends keyof paths, M extends Method> = InPath<Parameters<P, M>> & InQuery<Parameters<P, M>> & InBody<paths[P][M]> & Anyway;
type Maybe<G> = object extends G ? [given?: G] : [given: G];

/** What the API says went wrong (RFC 9457). */
export class Problem extends Error {
  override name = "Problem";
  constructor(
    readonly status: number,
    readonly code: string,
    /** A sentence fit to show. */
    readonly detail: string,
    /** Which fields of what was sent are wrong. */
    readonly fields: readonly { field: string; problem: string }[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }
}

/** The server could not be reached at all. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** Refusals of a password or a code: who is asked for one can try again. */
const WRONGLY_TYPED = ["session.refused", "session.code_needed", "session.code_refused"];

let lastCounted = Date.now();
let csrf: string | null = null;
let tellSignedOut: () => void = () => undefined;

/** The token that goes with writes; `GET /v1/session` gives it. */
export function setCsrf(token: string | null): void {
  csrf = token;
}

/** When a request last kept the session alive. */
export function lastKeptAlive(): number {
  return lastCounted;
}

export function whenSignedOut(tell: () => void): void {
  tellSignedOut = tell;
}

export const get = <P extends With<"get">>(path: P, ...[given]: Maybe<Given<P, "get">>): Promise<Answer<P>> => ask("get", path, given);
export const post = <P extends With<"post">>(path: P, ...[given]: Maybe<Given<P, "post">>): Promise<Answer<P, "post">> => ask("post", path, given);
export const put = <P extends With<"put">>(path: P, ...[given]: Maybe<Given<P, "put">>): Promise<Answer<P, "put">> => ask("put", path, given);
export const patch = <P extends With<"patch">>(path: P, ...[given]: Maybe<Given<P, "patch">>): Promise<Answer<P, "patch">> => ask("patch", path, given);
export const del = <P extends With<"delete">>(path: P, ...[given]: Maybe<Given<P, "delete">>): Promise<Answer<P, "delete">> => ask("delete", path, given);

type Plain = string | number | boolean | null | undefined;

interface Asked extends Anyway {
  path?: object | undefined;
  query?: object | undefined;
  body?: unknown;
}

/** The address of a route with its parameters, as for a link to a download. */
export function address(path: string, given: Pick<Asked, "path" | "query"> = {}): string {
  const places = Object.entries(given.path ?? {});
  const filled = places.reduce((so_far, [name, value]) => so_far.replace(`{${name}}`, encodeURIComponent(String(value))), path);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given.query ?? {}) as [string, Plain | readonly Plain[]][]) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") query.append(name, String(one));
  }
  return query.size ? `${filled}?${query.toString()}` : filled;
}

/** A request by hand, where the description does not know the route. */
export async function ask<T>(method: Method, path: string, given: Asked = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", ...given.headers };
  if (given.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "get" && csrf !== null) headers["X-Callwell-CSRF"] = csrf;
  // What pages ask for by themselves keeps nobody signed in.
  if (isIdle()) headers["X-Callwell-Passive"] = "1";
  else lastCounted = Date.now();
  const body = given.body === undefined ? null : JSON.stringify(given.body);
  const answer = await send(address(path, given), { method: method.toUpperCase(), headers, body, signal: given.signal ?? null });
  if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  const problem = await problemOf(answer);
  if (problem.status === 401 && !WRONGLY_TYPED.includes(problem.code)) tellSignedOut();
  throw problem;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: "same-origin" });
  } catch (why) {
    if (init.signal?.aborted) throw why;
    throw new Unreachable("The server cannot be reached.", { cause: why });
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  const retry = Number(answer.headers.get("Retry-After"));
  try {
    const told = (await answer.json()) as { code: string; detail: string; errors?: { field: string; problem: string }[] };
    return new Problem(answer.status, told.code, told.detail, told.errors, retry || null);
  } catch {
    return new Problem(answer.status, "unreadable", `The server answered with ${answer.status}.`, [], retry || null);
  }
}
