import { Button, Group, Modal, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { isIdle } from "../api/activity.js";
import { get, lastKeptAlive } from "../api/client.js";
import { clock } from "../format.js";
import { strings } from "../strings/index.js";
import { signOut } from "./signingOut.js";

const WARN_SECONDS = 60;
const KEEP_ALIVE_MS = 60_000;

/** Signs out who has left: after the time that the server allows, with a warning before it. What is done in another tab counts here too. */
export function IdleWatch({ idleSeconds }: { idleSeconds: number }) {
  const [left, setLeft] = useState<number | null>(null);
  const words = strings.shell.idle;

  useEffect(() => {
    const tabs = new BroadcastChannel("callwell-activity");
    let elsewhere = 0;
    let isLeaving = false;
    tabs.onmessage = (message: MessageEvent<number>) => (elsewhere = Math.max(elsewhere, message.data));
    let told = 0;
    const look = () => {
      const now = Date.now();
      if (!isIdle() && now - lastKeptAlive() > KEEP_ALIVE_MS) void get("/v1/session").catch(() => undefined);
      if (lastKeptAlive() > told) tabs.postMessage((told = lastKeptAlive()));
      const seconds = idleSeconds - (now - Math.max(lastKeptAlive(), elsewhere)) / 1000;
      setLeft(seconds <= Math.min(WARN_SECONDS, idleSeconds / 3) ? Math.max(0, Math.ceil(seconds)) : null);
      if (seconds > 0 || isLeaving) return;
      isLeaving = true;
      void signOut("idle").catch(() => undefined);
    };
    const timer = setInterval(look, 1000);
    return () => {
      clearInterval(timer);
      tabs.close();
    };
  }, [idleSeconds]);

  const stay = () => void get("/v1/session").catch(() => undefined);
  return (
    <Modal opened={left !== null} onClose={stay} title={words.title} withCloseButton={false} centered>
      <Text>{words.lead}</Text>
      <Text fw={650} size="xl" my="sm" aria-hidden>
        {clock(left)}
      </Text>
      <Group justify="flex-end">
        <Button data-autofocus onClick={stay}>
          {words.stay}
        </Button>
      </Group>
    </Modal>
  );
}

