import { Alert, Button, Group, Radio, Stack, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { type Answer, type Item, patch, post } from "../../api/client.js";
import type { Role } from "../../api/session.js";
import { useAction } from "../../parts/index.js";
import { strings } from "../../strings/index.js";

interface FormProps {
  /** Null: a new one. */
  account: Item<"/v1/accounts"> | null;
  onClose: () => void;
  /** What was made, with its password; null where one was changed. */
  onDone: (made: Answer<"/v1/accounts", "post"> | null) => void;
}

/** Makes an account or changes one. */
export function AccountForm({ account, onClose, onDone }: FormProps) {
  const words = strings.accounts;
  const [email, setEmail] = useState(account?.email ?? "");
  const [name, setName] = useState(account?.name ?? "");
  const [role, setRole] = useState<Role>(account?.role ?? "supervisor");
  const [identity, setIdentity] = useState(account?.identity ?? "");
  const { run, isBusy, problem } = useAction(async () => {
    const about = { name: name.trim(), role, identity: identity.trim() || null };
    if (!account) return onDone(await post("/v1/accounts", { body: { ...about, email: email.trim() } }));
    await patch("/v1/accounts/{account_id}", { path: { account_id: account.id }, body: about });
    onDone(null);
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void run();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {!account && (
          <TextInput label={words.email} type="email" required withAsterisk={false} value={email} onChange={(event) => setEmail(event.currentTarget.value)} data-autofocus />
        )}
        <TextInput label={words.name} required withAsterisk={false} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus={account ? true : undefined} />
        <Radio.Group label={words.role} value={role} onChange={(chosen) => setRole(chosen)}>
          <Stack gap="xs" mt="xs">
            {(Object.keys(words.roles) as Role[]).map((one) => (
              <Radio key={one} value={one} label={strings.words.role[one]} description={words.roles[one]} />
            ))}
          </Stack>
        </Radio.Group>
        <TextInput
          label={words.identity}
          description={words.identityHint}
          placeholder="user:42"
          required={role === "provider"}
          withAsterisk={false}
          value={identity}
          onChange={(event) => setIdentity(event.currentTarget.value)}
        />
        {account && <p>{words.changeHint}</p>}
        {problem && <Alert color="red">{problem}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.parts.cancel}
          </Button>
          <Button type="submit" loading={isBusy}>
            {account ? words.save : words.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
