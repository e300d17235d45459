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
const ALL: readonly Role[] = ["admin", "supervisor", "provider", "auditor"];

/** Every page: where, what, and for whom. The server gives the console at each of these addresses (`CONSOLE_PATHS` in front.py). In the navigation's order. */
export const PAGES: readonly PageEntry[] = [
  { path: "/", page: lazy(() => import("./pages/overview/index.js")), roles: ALL, name: "overview", group: "day" },
  { path: "/activity", page: lazy(() => import("./pages/activity/index.js")), roles: ALL, name: "activity", group: "insight" },
  { path: "/settings", page: lazy(() => import("./pages/settings/index.js")), roles: ["admin", "supervisor", "auditor"], name: "settings", group: "system" },
  { path: "/keys", page: lazy(() => import("./pages/keys/index.js")), roles: ADMIN, name: "keys", group: "system" },
  { path: "/me", page: lazy(() => import("./pages/me/index.js")), roles: ALL },
];
