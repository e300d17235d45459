import { Alert, Button, Paper, PasswordInput, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useState } from "react";
import { useSearch } from "wouter";
import { post, Problem } from "../../api/client.js";
import { sessionQuery, useSession } from "../../api/session.js";
import { sentenceOf } from "../../parts/Confirm.js";
import { Mark } from "../../shell/Mark.js";
import { strings } from "../../strings/index.js";
import classes from "./SignIn.module.css";

/** Address and password, then the code where the account has a second factor; or the way to the organization's own sign-in. */
export default function SignIn() {
  const session = useSession();
  const words = strings.signIn;
  const query = new URLSearchParams(useSearch());
  const why = words.why[query.get("why") ?? ""];
  const next = query.get("next");
  useEffect(() => {
    document.title = `${words.title} · ${strings.shell.product}`;
  }, [words.title]);
  return (
    <main className={classes.page} id="content">
      <Paper withBorder radius="lg" p="xl" className={classes.card}>
        <div className={classes.brand}>
          <Mark size={36} />
          <h1 className={classes.title}>{words.title}</h1>
        </div>
        {why && (
          <p className={classes.notice} role="status">
            {why}
          </p>
        )}
        {session.sign_in.password && <WithPassword />}
        {session.sign_in.password && session.sign_in.oidc && <p className={classes.or}>{words.or}</p>}
        {session.sign_in.oidc && (
          <Button component="a" href={`/v1/session/oidc${next ? `?next=${encodeURIComponent(next)}` : ""}`} variant={session.sign_in.password ? "default" : "filled"} fullWidth>
            {words.oidc(session.sign_in.oidc)}
          </Button>
        )}
      </Paper>
    </main>
  );
}

function WithPassword() {
  const queries = useQueryClient();
  const words = strings.signIn;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await post("/v1/session", { body: { email: email.trim(), password, ...(needsCode ? { code: code.replace(/\s/g, "") } : {}) } });
      await queries.refetchQueries(sessionQuery);
    } catch (why) {
      if (why instanceof Problem && why.code === "session.code_needed" && !needsCode) setNeedsCode(true);
      else setProblem(sentenceOf(why));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className={classes.form} onSubmit={(event) => void submit(event)}>
      {problem && (
        <Alert color="red" variant="light" role="alert" className={classes.problem}>
          {problem}
        </Alert>
      )}
      <TextInput
        label={words.email}
        type="email"
        name="email"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={words.password}
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {needsCode && (
        <TextInput
          label={words.code}
          description={words.codeHint}
          name="code"
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          autoFocus
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      <Button type="submit" loading={isBusy} fullWidth>
        {words.submit}
      </Button>
      <Text size="sm" c="dimmed">
        {words.forgotten}
      </Text>
    </form>
  );
}
