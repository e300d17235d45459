import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Problem } from "../api/client.js";
import { strings } from "../strings/index.js";

interface ConfirmProps {
  /** The question, as the dialog's title. Null: closed. */
  title: string | null;
  /** What follows from it. */
  children: ReactNode;
  /** What the button does, as a verb. */
  action: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before what cannot be taken back. It stays open until it is done, and says why where it was not. */
export function Confirm({ title, children, action, onConfirm, onClose }: ConfirmProps) {
  const { run, isBusy, problem, forget } = useAction(onConfirm);
  const close = () => {
    forget();
    onClose();
  };
  return (
    <Modal opened={title !== null} onClose={close} title={title} closeButtonProps={{ "aria-label": strings.parts.close }}>
      <Stack gap="md">
        <div>{children}</div>
        {problem && <Alert color="red">{problem}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {strings.parts.cancel}
          </Button>
          <Button color="red" loading={isBusy} onClick={() => void run().then((isDone) => isDone && close())}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Something that is done at a press: whether it is under way, and why it failed. `run` tells whether it was done. */
export function useAction(act: () => Promise<unknown>): { run: () => Promise<boolean>; isBusy: boolean; problem: string | null; forget: () => void } {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (why) {
      setProblem(sentenceOf(why));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, isBusy, problem, forget: () => setProblem(null) };
}

/** What went wrong, in the server's words. */
export function sentenceOf(why: unknown): string {
  return why instanceof Problem ? why.detail : strings.parts.failed.network;
}
