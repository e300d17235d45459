import { Alert, Button, Checkbox, Group, Modal, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { del, get, type Given, type Item, post } from "../../api/client.js";
import { type Column, Confirm, DataTable, Empty, Page, Secret, Shown, StatusBadge, useAction, useList, When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Keys.module.css";

type Key = Item<"/v1/keys">;
type Scope = NonNullable<Given<"/v1/keys", "post">["body"]["scopes"]>[number];

/** The keys with which the host's servers speak to us. */
export default function Keys() {
  const words = strings.keys;
  const keys = useList(["keys"], (cursor, signal) => get("/v1/keys", { query: { cursor }, signal }));
  const queries = useQueryClient();
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ["keys"] });

  const columns: Column<Key>[] = [
    { key: "name", head: words.name, cell: (key) => <b>{key.name}</b> },
    { key: "status", head: words.status, cell: (key) => <StatusBadge status={key.revoked_at ? "revoked" : "good"} label={key.revoked_at ? words.revoked : words.inUse} /> },
    { key: "scopes", head: words.scopes, wraps: true, cell: (key) => <Scopes scopes={key.scopes} /> },
    { key: "created", head: words.created, cell: (key) => <When at={key.created_at} form="date" /> },
    { key: "used", head: words.lastUsed, cell: (key) => (key.last_used_at ? <When at={key.last_used_at} form="ago" /> : words.never) },
    {
      key: "revoke",
      head: "",
      label: words.actions,
      align: "end",
      cell: (key) =>
        !key.revoked_at && (
          <Button size="compact-sm" variant="default" onClick={() => setRevoking(key)} aria-label={words.revokeNamed(key.name)}>
            {words.revoke}
          </Button>
        ),
    },
  ];

  return (
    <Page title={words.title} lead={words.lead} actions={<Button onClick={() => setMaking(true)}>{words.create}</Button>}>
      <Shown query={keys}>{(rows) => <DataTable label={words.title} columns={columns} rows={rows} rowKey={(key) => key.id} {...keys.more} empty={<Empty title={words.none} />} />}</Shown>
      <Modal opened={isMaking} onClose={() => setMaking(false)} title={words.create} size="lg" closeButtonProps={{ "aria-label": strings.parts.close }}>
        <NewKey onMade={again} onClose={() => setMaking(false)} />
      </Modal>
      <Confirm
        title={revoking && words.revokeTitle(revoking.name)}
        action={words.revoke}
        onConfirm={async () => {
          if (revoking) await del("/v1/keys/{key_id}", { path: { key_id: revoking.id } });
          await again();
        }}
        onClose={() => setRevoking(null)}
      >
        {words.revokeLead}
      </Confirm>
    </Page>
  );
}

function Scopes({ scopes }: { scopes: readonly string[] }) {
  return (
    <span className={classes.scopes}>
      {scopes.map((scope) => (
        <code key={scope}>{scope}</code>
      ))}
    </span>
  );
}

function NewKey({ onMade, onClose }: { onMade: () => unknown; onClose: () => void }) {
  const words = strings.keys;
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>([]);
  const [secret, setSecret] = useState<string | null>(null);
  const { run, isBusy, problem } = useAction(async () => {
    const key = await post("/v1/keys", { body: { name: name.trim(), scopes } });
    setSecret(key.secret);
    void onMade();
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void run();
  };
  if (secret !== null) {
    return (
      <Stack>
        <Alert color="call" title={words.madeTitle}>
          {words.madeLead}
        </Alert>
        <Secret label={words.secret} value={secret} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{strings.parts.done}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label={words.name} description={words.nameHint} required withAsterisk={false} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        <Checkbox.Group label={words.scopes} description={words.scopesHint} value={scopes} onChange={(chosen) => setScopes(chosen)}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" mt="xs">
            {(Object.keys(words.scopeWords) as Scope[]).map((scope) => (
              <Checkbox key={scope} value={scope} label={<code>{scope}</code>} description={words.scopeWords[scope]} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        {problem && <Alert color="red">{problem}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.parts.cancel}
          </Button>
          <Button type="submit" loading={isBusy} disabled={scopes.length === 0}>
            {words.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
