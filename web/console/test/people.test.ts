import { describe, expect, test } from "vitest";
import { orderOf } from "../src/pages/people/sorting.js";
import { type Call, meanOf, partOf, scoresOf, settingsOf } from "../src/pages/person/history.js";
import { identityOf } from "../src/pages/person/identity.js";

const SORTS = ["sessions", "attended"] as const;

describe("the order of a table", () => {
  test("is held as a name, with a dash before it for the most first", () => {
    expect(orderOf("-attended", SORTS)).toEqual({ sort: "attended", order: "most" });
    expect(orderOf("attended", SORTS)).toEqual({ sort: "attended", order: "least" });
  });

  test("is the first one, the most first, where the address says nothing that is known", () => {
    for (const nothing of ["", "-", "name", "--attended"]) expect(orderOf(nothing, SORTS)).toEqual({ sort: "sessions", order: "most" });
  });
});

describe("whom a page is about", () => {
  test("is as they were written into the address, whatever stands in it", () => {
    for (const identity of ["user:42", "guest:a/b?c#d", "user:50%25 of ü"]) expect(identityOf(`/people/${encodeURIComponent(identity)}`)).toBe(identity);
  });

  test("is what stands there where it cannot be read", () => {
    expect(identityOf("/people/%E0%A4%A")).toBe("%E0%A4%A");
    expect(identityOf("/people")).toBe("");
  });
});

const connection = (browser: string | null, network: string | null, given: object = {}) => ({
  ...{ browser, os: browser && "Linux", device_type: null, metadata: network ? { network, country: "AT", else: 1 } : null },
  ...{ disconnection_count: 0, setup_ms: null, joined_at: null, ...given },
});

const call = (id: string, started_at: string | null, quality_score: number | null, ...connections: object[]) =>
  ({ id, started_at, created_at: `${id}-made`, participants: [{ identity: "user:other", quality_score: 1, connections: [] }, { identity: "user:1", quality_score, connections }] }) as unknown as Call;

describe("what a person's calls come to", () => {
  test("is told of the calls that have a score for them, the oldest first", () => {
    const calls = [call("c", "2026-03", 90), call("b", null, 70), call("a", "2026-01", null)];
    expect(scoresOf(calls, "user:1").map(({ at, score }) => [at, score])).toEqual([
      ["2026-03", 90],
      ["b-made", 70],
    ]);
    expect(scoresOf(calls, "user:nobody")).toEqual([]);
    expect(partOf(calls[0]!, "user:other")?.quality_score).toBe(1);
  });

  test("has no mean of nothing", () => {
    expect(meanOf([])).toBeNull();
    expect(meanOf([1, 2, 6])).toBe(3);
  });

  test("is told by device and network, a call counting once for each", () => {
    const home = connection("Firefox", "wifi", { setup_ms: 100, disconnection_count: 2, joined_at: "2026-02" });
    const again = connection("Firefox", "wifi", { setup_ms: 300, disconnection_count: 1, joined_at: "2026-03" });
    const calls = [call("b", "2026-03", 50, again, again, connection(null, null)), call("a", "2026-02", 100, home)];

    expect(settingsOf(calls, "user:1")).toEqual([
      { device: "Firefox · Linux", network: "wifi · AT", calls: 2, score: 75, disconnections: 4, setupMs: 700 / 3, last: "2026-03" },
      { device: null, network: null, calls: 1, score: 50, disconnections: 0, setupMs: null, last: null },
    ]);
  });
});
