import { Alert, Button, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, patch, Problem } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { Empty, Page, Panel, sentenceOf, Shown } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { type Edits, grouped, type Setting, withEdit } from "./catalogue.js";
import { type Change, useChanges } from "./changes.js";
import { SettingRow } from "./SettingRow.js";
import classes from "./Settings.module.css";

/** What holds for this deployment: every setting with its sentence, who said so, and what it may be. */
export default function Settings() {
  const words = strings.settings;
  const settings = useQuery({ queryKey: ["settings"], queryFn: async ({ signal }) => (await get("/v1/settings", { signal })).items });
  const [search, setSearch] = useState("");
  const changes = useChanges();
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={<TextInput type="search" aria-label={words.search} placeholder={words.search} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />}
    >
      <Shown query={settings}>{(all) => <Form settings={all} search={search} changes={changes} />}</Shown>
    </Page>
  );
}

function Form({ settings, search, changes }: { settings: readonly Setting[]; search: string; changes: ReadonlyMap<string, Change> }) {
  const words = strings.settings;
  const queries = useQueryClient();
  const mayChange = useAccount().role === "admin";
  const [edits, setEdits] = useState<Edits>({});
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const groups = grouped(settings, search);
  const count = Object.keys(edits).length;

  const save = async () => {
    setBusy(true);
    setFailure(null);
    setProblems({});
    try {
      const { items } = await patch("/v1/settings", { body: edits });
      queries.setQueryData(["settings"], items);
      setEdits({});
      await queries.invalidateQueries({ queryKey: ["setting-changes"] });
    } catch (why) {
      setFailure(sentenceOf(why));
      if (why instanceof Problem) setProblems(Object.fromEntries(why.fields.map(({ field, problem }) => [field, problem])));
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      {!mayChange && <Alert color="call">{words.readOnly}</Alert>}
      {groups.length === 0 && <Empty title={words.nothingFound} />}
      {groups.map(([group, inside]) => (
        <Panel key={group} title={words.groups[group]}>
          {inside.map((setting) => (
            <SettingRow
              key={setting.name}
              setting={setting}
              edit={edits[setting.name]}
              problem={problems[setting.name]}
              change={changes.get(setting.name)}
              isFixed={!mayChange}
              onEdit={(value) => setEdits((now) => withEdit(now, setting, value))}
            />
          ))}
        </Panel>
      ))}
      {(count > 0 || failure) && (
        <div className={classes.bar} role="region" aria-label={words.unsaved(count)}>
          <span role="status">{failure ?? words.unsaved(count)}</span>
          <Button variant="default" onClick={() => (setEdits({}), setProblems({}), setFailure(null))}>
            {words.discard}
          </Button>
          <Button loading={isBusy} disabled={count === 0} onClick={() => void save()}>
            {words.save}
          </Button>
        </div>
      )}
    </>
  );
}
