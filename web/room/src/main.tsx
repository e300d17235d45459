import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import { roomOf } from "./entry.js";
import "./page.css";
import { Visit } from "./visit.js";

const visit = new Visit(roomOf(location.pathname), location.origin);
void visit.begin();
// Another link pasted into this tab changes the fragment alone, which loads nothing by itself.
addEventListener("hashchange", () => {
  if (location.hash.length > 1) location.reload();
});
createRoot(document.getElementById("room")!).render(<App visit={visit} />);
