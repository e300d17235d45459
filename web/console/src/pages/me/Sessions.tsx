import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { del, get, type Item } from "../../api/client.js";
import { type Column, Confirm, DataTable, Panel, Shown, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { browserOf } from "./browser.js";

type Session = Item<"/v1/session/sessions">;

/** Where one is signed in, and signing out there. */
export function Sessions() {
  const words = strings.me.sessions;
  const queries = useQueryClient();
  const [ending, setEnding] = useState<Session | null>(null);
  const sessions = useQuery({ queryKey: ["sessions"], queryFn: ({ signal }) => get("/v1/session/sessions", { signal }) });
  const columns: Column<Session>[] = [
    { key: "browser", head: words.browser, cell: (session) => `${browserOf(session.user_agent) ?? words.unknown}${session.is_this ? ` (${words.here})` : ""}` },
    { key: "began", head: words.began, cell: (session) => <When at={session.created_at} /> },
    { key: "seen", head: words.seen, cell: (session) => <When at={session.seen_at} form="ago" /> },
    {
      key: "end",
      head: "",
      label: words.end,
      align: "end",
      cell: (session) =>
        !session.is_this && (
          <Button size="compact-sm" variant="default" onClick={() => setEnding(session)}>
            {words.end}
          </Button>
        ),
    },
  ];
  return (
    <Panel title={words.title} note={words.note}>
      <Shown query={sessions}>{({ items }) => <DataTable label={words.title} columns={columns} rows={items} rowKey={(session) => session.id} />}</Shown>
      <Confirm
        title={ending && words.endTitle}
        action={words.end}
        onConfirm={async () => {
          if (ending) await del("/v1/session/sessions/{session_id}", { path: { session_id: ending.id } });
          await queries.invalidateQueries({ queryKey: ["sessions"] });
        }}
        onClose={() => setEnding(null)}
      >
        {words.endLead}
      </Confirm>
    </Panel>
  );
}
