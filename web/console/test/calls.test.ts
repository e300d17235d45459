import { describe, expect, it } from "vitest";
import { asked, callsAddress, isByQuality, midnight, readFilters } from "../src/pages/calls/filters.js";

describe("filters in the address", () => {
  it("are what makes sense of it", () => {
    expect(readFilters("?status=failed&category=poor&drops=3&issues=yes&engine=jitsi&type=audio&person=user:42&range=7d")).toEqual({
      ...{ status: "failed", category: "poor", drops: "3", issues: "yes", engine: "jitsi", type: "audio", person: "user:42" },
    });
    expect(readFilters("?status=x&category=&drops=0&issues=maybe&engine=zoom&person=42&room=x&appointment=1")).toEqual({});
  });

  it("ask for what they say, with days that begin where the viewer is", () => {
    const query = asked({ drops: "3", issues: "no", appointment: "a" }, { from: "2026-11-01", to: "2026-11-08" });
    expect(query).toMatchObject({ min_disconnections: 3, has_issues: false, appointment_id: "a", from: midnight("2026-11-01"), to: midnight("2026-11-08") });
    expect(new Date(midnight("2026-11-01")).getHours()).toBe(0);
    expect(asked({}, null).from).toBeUndefined();
  });

  it("lead back to the same", () => {
    const filters = { person: "guest:a b&c", status: "ended" };
    expect(readFilters(callsAddress(filters).slice("/calls".length))).toEqual(filters);
    expect(callsAddress({})).toBe("/calls");
  });

  it("are by how calls went where they need what was counted", () => {
    expect([{ category: "poor" }, { drops: "1" }, { issues: "yes" }].map(isByQuality)).toEqual([true, true, true]);
    expect([{ issues: "no" }, { status: "failed" }, {}].map(isByQuality)).toEqual([false, false, false]);
  });
});
