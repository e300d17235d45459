import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import type { Role } from "./api/session.js";
import type { shell } from "./strings/en/shell.js";

type Group = keyof typeof shell.groups;

export interface PageEntry {
  path: string;
  page: LazyExoticComponent<ComponentType>;
  roles: readonly Role[];
  /** What it is called in the navigation, and where it stands there; pages without one are led to from others. */
  name?: keyof typeof shell.pages;
  group?: Group;
}

const ADMIN: readonly Role[] = ["admin"];
const AUDIT: readonly Role[] = ["admin", "auditor"];
const ALL: readonly Role[] = ["admin", "supervisor", "provider", "auditor"];

/** Every page: where, what, and for whom. The server gives the console at each of these addresses (`CONSOLE_PATHS` in front.py). In the navigation's order. */
export const PAGES: readonly PageEntry[] = [
  { path: "/", page: lazy(() => import("./pages/overview/index.js")), roles: ALL, name: "overview", group: "day" },
  { path: "/live", page: lazy(() => import("./pages/live/index.js")), roles: ALL, name: "live", group: "day" },
  { path: "/calls", page: lazy(() => import("./pages/calls/index.js")), roles: ALL, name: "calls", group: "day" },
  { path: "/calls/:id", page: lazy(() => import("./pages/call/index.js")), roles: ALL },
  { path: "/activity", page: lazy(() => import("./pages/activity/index.js")), roles: ALL, name: "activity", group: "insight" },
  { path: "/problem-calls", page: lazy(() => import("./pages/problem-calls/index.js")), roles: ALL, name: "problemCalls", group: "insight" },
  { path: "/quality", page: lazy(() => import("./pages/quality/index.js")), roles: ALL, name: "quality", group: "insight" },
  { path: "/figures", page: lazy(() => import("./pages/figures/index.js")), roles: ["admin", "supervisor", "auditor"], name: "figures", group: "insight" },
  { path: "/settings", page: lazy(() => import("./pages/settings/index.js")), roles: ["admin", "supervisor", "auditor"], name: "settings", group: "system" },
  { path: "/keys", page: lazy(() => import("./pages/keys/index.js")), roles: ADMIN, name: "keys", group: "system" },
  { path: "/appointments", page: lazy(() => import("./pages/appointments/index.js")), roles: ALL, name: "appointments", group: "practice" },
  { path: "/appointments/:id", page: lazy(() => import("./pages/appointment/index.js")), roles: ALL },
  { path: "/people", page: lazy(() => import("./pages/people/index.js")), roles: ALL, name: "people", group: "practice" },
  { path: "/people/:identity", page: lazy(() => import("./pages/person/index.js")), roles: ALL },
  { path: "/providers", page: lazy(() => import("./pages/providers/index.js")), roles: ALL, name: "providers", group: "practice" },
  { path: "/billing", page: lazy(() => import("./pages/billing/index.js")), roles: ALL, name: "billing", group: "practice" },
  { path: "/providers/:identity", page: lazy(() => import("./pages/provider/index.js")), roles: ALL },
  { path: "/audit", page: lazy(() => import("./pages/audit/index.js")), roles: AUDIT, name: "audit", group: "system" },
  { path: "/accounts", page: lazy(() => import("./pages/accounts/index.js")), roles: ADMIN, name: "accounts", group: "system" },
  { path: "/me", page: lazy(() => import("./pages/me/index.js")), roles: ALL },
];
