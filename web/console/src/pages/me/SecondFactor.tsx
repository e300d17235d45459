import { Alert, Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { type Answer, del, post } from "../../api/client.js";
import { sessionQuery, useAccount } from "../../api/session.js";
import { Panel, Secret, StatusBadge, useAction } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Me.module.css";

type New = Answer<"/v1/session/totp", "post">;
type Step = "begin" | "remove" | "renew" | null;

/** A second factor: an app that shows codes, and codes for when it is lost. */
export function SecondFactor() {
  const words = strings.me.factor;
  const queries = useQueryClient();
  const { has_second_factor: isOn } = useAccount();
  const [step, setStep] = useState<Step>(null);
  const [secret, setSecret] = useState<New | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = useAction(async () => {
    setSecret(await post("/v1/session/totp"));
    setStep("begin");
  });
  const close = () => {
    setStep(null);
    setSecret(null);
    setCodes(null);
    void queries.refetchQueries(sessionQuery);
  };
  const show = async (code: string) => {
    if (step === "begin") setCodes((await post("/v1/session/totp/confirm", { body: { code } })).recovery_codes);
    if (step === "renew") setCodes((await post("/v1/session/totp/recovery-codes", { body: { code } })).recovery_codes);
    if (step === "remove") {
      await del("/v1/session/totp", { body: { code } });
      close();
    }
  };
  return (
    <Panel title={words.title} note={words.note} actions={<StatusBadge status={isOn ? "good" : "pending"} label={isOn ? words.on : words.off} />}>
      {begin.problem && <Alert color="red">{begin.problem}</Alert>}
      <Group>
        {isOn ? (
          <>
            <Button variant="default" onClick={() => setStep("renew")}>
              {words.renew}
            </Button>
            <Button variant="default" onClick={() => setStep("remove")}>
              {words.remove}
            </Button>
          </>
        ) : (
          <Button onClick={() => void begin.run()} loading={begin.isBusy}>
            {words.begin}
          </Button>
        )}
      </Group>
      <Modal opened={step !== null} onClose={close} title={step && words.steps[step]} closeButtonProps={{ "aria-label": strings.parts.close }}>
        {codes ? (
          <Codes codes={codes} onClose={close} />
        ) : (
          <Stack>
            {step === "begin" && secret && <Scan secret={secret} />}
            <CodeForm label={step === "begin" ? words.firstCode : words.code} action={step === "remove" ? words.remove : words.confirm} onCode={show} />
          </Stack>
        )}
      </Modal>
    </Panel>
  );
}

function Scan({ secret }: { secret: New }) {
  const words = strings.me.factor;
  return (
    <>
      <p className={classes.lead}>{words.scan}</p>
      <img className={classes.picture} src={`data:image/svg+xml,${encodeURIComponent(secret.svg)}`} alt={words.picture} width={200} height={200} />
      <Secret label={words.typed} value={secret.secret} />
    </>
  );
}

function CodeForm({ label, action, onCode }: { label: string; action: string; onCode: (code: string) => Promise<void> }) {
  const [code, setCode] = useState("");
  const { run, isBusy, problem } = useAction(() => onCode(code.replace(/\s/g, "")));
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void run();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label={label} autoComplete="one-time-code" required withAsterisk={false} value={code} onChange={(event) => setCode(event.currentTarget.value)} data-autofocus />
        {problem && <Alert color="red">{problem}</Alert>}
        <Group justify="flex-end">
          <Button type="submit" loading={isBusy}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Codes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const words = strings.me.factor;
  return (
    <Stack>
      <Alert color="call" title={words.codesTitle}>
        {words.codesLead}
      </Alert>
      <ul className={classes.codes}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Secret label={words.copyAll} value={codes.join(" ")} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{words.kept}</Button>
      </Group>
    </Stack>
  );
}
