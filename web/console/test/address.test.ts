// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { daysBack, nextDay } from "../src/parts/RangePicker.js";
import { wanted } from "../src/shell/address.js";
import { initials } from "../src/shell/Shell.js";

test.each([
  ["?next=/calls%3Fstatus%3Dactive", "/calls?status=active"],
  ["", "/home"],
  ["?next=//elsewhere.example", "/home"],
  ["?next=/%5Celsewhere.example", "/home"],
  ["?next=https://elsewhere.example", "/home"],
  ["?next=javascript:alert(1)", "/home"],
  ["?next=/sign-in%3Fnext%3D/sign-in", "/home"],
])("after signing in with %s one is at %s", (query, place) => expect(wanted("/home", query)).toBe(place));

test("the last days are those up to the end of today, across months and a change of clocks", () => {
  expect(daysBack(1, new Date(2026, 10, 21, 23, 59))).toEqual({ from: "2026-11-21", to: "2026-11-22" });
  expect(daysBack(30, new Date(2026, 2, 29, 0, 1))).toEqual({ from: "2026-02-28", to: "2026-03-30" });
  expect([nextDay("2026-12-31"), nextDay("2026-03-01", -1)]).toEqual(["2027-01-01", "2026-02-28"]);
});

test.each([
  ["Ana María Ortiz", "AO"],
  ["obi", "O"],
  ["  ", ""],
])("the initials of %j are %j", (name, letters) => expect(initials(name)).toBe(letters));
