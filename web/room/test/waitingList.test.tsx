// @vitest-environment happy-dom
import { attach, MemoryFacts, type Session } from "@callwell/sdk";
import { act, cleanup, configure, render, screen, waitFor } from "@testing-library/react";
import { useEffect, useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { FakeServer } from "../../sdk/test/fakeServer.js";
import { nodeFetch } from "../../sdk/test/nodeFetch.js";
import { WaitingList } from "../src/WaitingList.js";

configure({ asyncUtilTimeout: 30_000 });

let server: FakeServer;
let host: Session;
const names = () => screen.queryAllByRole("listitem").map(({ firstChild }) => firstChild?.textContent);
const news = () => screen.getByTestId("waiting-news").textContent;
const waits = (name: string) => server.newJoin(name, false, true).participant.id;

function Page() {
  const [, again] = useState(0);
  useEffect(() => host.on("call", () => again((count) => count + 1)), []);
  return <WaitingList session={host} />;
}

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("WebSocket", WebSocket);
  vi.stubGlobal("fetch", nodeFetch);
  server = new FakeServer();
  host = attach(server.newJoin("Dr. Obi", true), { url: await server.listen(), store: new MemoryFacts() });
  host.start();
  render(<Page />);
  await waitFor(() => expect(host.online).toBe(true));
});

afterEach(async () => {
  cleanup();
  await host.end();
  await server.close();
});

test("nobody waits: there is nothing", () => {
  expect(screen.queryByTestId("waiting-list")).toBeNull();
  expect(news()).toBe("");
});

test("whoever comes is told aloud, and how many there are", async () => {
  waits("Ana");
  await waitFor(() => expect(names()).toEqual(["Ana"]));
  expect(news()).toBe("Ana is waiting to be let in");
  waits("Ben");
  await waitFor(() => expect(names()).toEqual(["Ana", "Ben"]));
  expect(news()).toBe("Ben is waiting to be let in");
  expect(screen.getByRole("heading").textContent).toBe("2 people are waiting to be let in");
});

test("by keyboard: one after the other is let in or sent away, and a key pressed twice decides of one alone", async () => {
  const [ana, ben] = [waits("Ana"), waits("Ben")];
  await waitFor(() => expect(names()).toEqual(["Ana", "Ben"]));
  const admit = screen.getByRole("button", { name: "Admit Ana" });
  act(() => admit.focus());
  act(() => admit.click());
  await waitFor(() => expect(names()).toEqual(["Ben"]));
  expect(news()).toBe("1 person is waiting to be let in");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading")));
  act(() => screen.getByRole("button", { name: "Refuse Ben" }).click());
  await waitFor(() => expect(names()).toEqual([]));
  expect(news()).toBe("Nobody is waiting any more");
  expect(server.view(true).participants.find(({ id }) => id === ana)?.status).toBe("connecting");
  expect(server.view(true).participants.find(({ id }) => id === ben)?.status).toBe("refused");
});

test("why somebody was not let in stands there, and they wait on", async () => {
  server.admitRefusal = { status: 409, body: { code: "join.room_full", detail: "Two people are there." } };
  waits("Ana");
  await waitFor(() => expect(names()).toEqual(["Ana"]));
  act(() => screen.getByRole("button", { name: "Admit Ana" }).click());
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("Ana: Two people are there."));
  expect(names()).toEqual(["Ana"]);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Admit Ana" }).disabled).toBe(false);
});
