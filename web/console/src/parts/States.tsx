import { Button, Loader } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { Problem, Unreachable } from "../api/client.js";
import { strings } from "../strings/index.js";
import classes from "./States.module.css";

/** That something is on its way; only where it takes long enough to wonder. */
export function Loading({ label = strings.parts.loading }: { label?: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={classes.state} role="status" data-testid="loading">
      {isLate && (
        <>
          <Loader size="sm" aria-hidden />
          <span>{label}</span>
        </>
      )}
    </div>
  );
}

/** That there is nothing, and what would make something be there. */
export function Empty({ title = strings.parts.empty, children }: { title?: string; children?: ReactNode }) {
  return (
    <div className={classes.state} data-testid="empty">
      <p className={classes.title}>{title}</p>
      {children}
    </div>
  );
}

/** What went wrong, in the server's own sentence, and a way to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: () => unknown }) {
  const { failed } = strings.parts;
  const sentence = error instanceof Problem ? error.detail : error instanceof Unreachable ? failed.network : String(error);
  return (
    <div className={classes.state} role="alert" data-testid="failed">
      <p className={classes.title}>{failed.title}</p>
      <p className={classes.sentence}>{sentence}</p>
      {retry && (
        <Button variant="default" size="xs" onClick={() => void retry()}>
          {failed.retry}
        </Button>
      )}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** What a query gave, or that it is on its way, or why it failed: `<Shown query={calls}>{(data) => …}</Shown>`. What was there stays while it is asked again. */
export function Shown<T>({ query, children }: { query: Asked<T>; children: (value: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  return query.isPending ? <Loading /> : <Failed error={query.error} retry={query.refetch} />;
}
