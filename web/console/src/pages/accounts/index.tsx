import { Alert, Button, Group, Menu, Modal, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Answer, del, get, type Item, patch, post } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { type Column, Confirm, DataTable, Page, Secret, Shown, StatusBadge, useList, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { AccountForm } from "./AccountForm.js";

type Account = Item<"/v1/accounts">;
type WithPassword = Answer<"/v1/accounts", "post">;
type Asked = { what: "disable" | "reset" | "signOut"; account: Account } | null;

/** Who may sign in, as what. */
export default function Accounts() {
  const words = strings.accounts;
  const me = useAccount();
  const queries = useQueryClient();
  const accounts = useList(["accounts"], (cursor, signal) => get("/v1/accounts", { query: { cursor }, signal }));
  const [editing, setEditing] = useState<Account | "new" | null>(null);
  const [asked, setAsked] = useState<Asked>(null);
  const [made, setMade] = useState<WithPassword | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ["accounts"] });

  const enable = async (account: Account) => {
    await patch("/v1/accounts/{account_id}", { path: { account_id: account.id }, body: { disabled: false } });
    await again();
  };

  const confirm = async () => {
    if (!asked) return;
    const path = { account_id: asked.account.id };
    if (asked.what === "reset") setMade(await post("/v1/accounts/{account_id}/reset", { path }));
    else if (asked.what === "signOut") await del("/v1/accounts/{account_id}/sessions", { path });
    else await patch("/v1/accounts/{account_id}", { path, body: { disabled: true } });
    await again();
  };

  const columns: Column<Account>[] = [
    {
      key: "name",
      head: words.name,
      cell: (account) => (
        <>
          <b>{account.name}</b>
          {account.id === me.id && ` (${words.you})`}
          <br />
          {account.email}
        </>
      ),
    },
    { key: "role", head: words.role, cell: (account) => strings.words.role[account.role] },
    { key: "status", head: words.status, cell: (account) => <StatusBadge status={account.disabled_at ? "disabled" : "good"} label={account.disabled_at ? words.disabled : words.active} /> },
    { key: "factor", head: words.signsInWith, cell: (account) => waysOf(account) },
    { key: "identity", head: words.identity, cell: (account) => account.identity ?? "–" },
    { key: "last", head: words.lastSignIn, cell: (account) => (account.last_sign_in_at ? <When at={account.last_sign_in_at} form="ago" /> : words.never) },
    {
      key: "actions",
      head: "",
      label: words.actions,
      align: "end",
      cell: (account) => (
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button size="compact-sm" variant="default" aria-label={words.change(account.name)}>
              {words.actions}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setEditing(account)}>{words.edit}</Menu.Item>
            <Menu.Item onClick={() => setAsked({ what: "reset", account })}>{words.reset}</Menu.Item>
            <Menu.Item onClick={() => setAsked({ what: "signOut", account })}>{words.signOut}</Menu.Item>
            {account.disabled_at ? (
              <Menu.Item onClick={() => void enable(account)}>{words.enable}</Menu.Item>
            ) : (
              <Menu.Item color="red" onClick={() => setAsked({ what: "disable", account })}>
                {words.disable}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];

  return (
    <Page title={words.title} lead={words.lead} actions={<Button onClick={() => setEditing("new")}>{words.create}</Button>}>
      <Shown query={accounts}>{(rows) => <DataTable label={words.title} columns={columns} rows={rows} rowKey={(account) => account.id} {...accounts.more} />}</Shown>
      <Modal opened={editing !== null} onClose={() => setEditing(null)} title={editing === "new" ? words.create : words.edit} closeButtonProps={{ "aria-label": strings.parts.close }}>
        {editing !== null && (
          <AccountForm
            account={editing === "new" ? null : editing}
            onClose={() => setEditing(null)}
            onDone={(created) => {
              setEditing(null);
              setMade(created);
              void again();
            }}
          />
        )}
      </Modal>
      <Confirm
        title={asked && words[`${asked.what}Title`](asked.account.name)}
        action={words[asked?.what ?? "disable"]}
        onConfirm={confirm}
        onClose={() => setAsked(null)}
      >
        {asked && words[`${asked.what}Lead`]}
      </Confirm>
      <Modal opened={made !== null} onClose={() => setMade(null)} title={words.passwordTitle} closeButtonProps={{ "aria-label": strings.parts.close }}>
        {made && <NewPassword made={made} onClose={() => setMade(null)} />}
      </Modal>
    </Page>
  );
}

function NewPassword({ made, onClose }: { made: WithPassword; onClose: () => void }) {
  const words = strings.accounts;
  return (
    <Stack>
      <Alert color="call">{words.passwordLead(made.account.name)}</Alert>
      <Secret label={words.email} value={made.account.email} />
      {made.password !== null && <Secret label={words.password} value={made.password} />}
      <Group justify="flex-end">
        <Button onClick={onClose}>{strings.parts.done}</Button>
      </Group>
    </Stack>
  );
}

function waysOf(account: Account): string {
  const { ways } = strings.accounts;
  const found = [account.has_password && ways.password, account.has_second_factor && ways.secondFactor, account.signs_in_elsewhere && ways.elsewhere];
  return found.filter(Boolean).join(", ") || "–";
}
