import { Alert, Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { post, setCsrf } from "../../api/client.js";
import { sessionQuery, useAccount } from "../../api/session.js";
import { Panel, useAction } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Me.module.css";

/** Another password; everybody who knew the old one is signed out. */
export function Password() {
  const words = strings.me.password;
  const queries = useQueryClient();
  const { email } = useAccount();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [isDone, setDone] = useState(false);
  const { run, isBusy, problem } = useAction(async () => {
    const session = await post("/v1/session/password", { body: { current, new: next } });
    setCsrf(session.csrf);
    queries.setQueryData(sessionQuery.queryKey, session);
    await queries.invalidateQueries({ queryKey: ["sessions"] });
    setCurrent("");
    setNext("");
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setDone(false);
    void run().then(setDone);
  };
  return (
    <Panel title={words.title} note={words.note}>
      <form onSubmit={submit} className={classes.form}>
        <Stack gap="sm">
          {/* Tells keepers of passwords whose it is. */}
          <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
          <PasswordInput label={words.current} autoComplete="current-password" required withAsterisk={false} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
          <PasswordInput
            label={words.next}
            description={words.rules}
            autoComplete="new-password"
            minLength={12}
            required
            withAsterisk={false}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
          />
          {problem && <Alert color="red">{problem}</Alert>}
          {isDone && (
            <Alert color="teal" role="status">
              {words.done}
            </Alert>
          )}
          <Group>
            <Button type="submit" loading={isBusy}>
              {words.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
