import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { FactStore } from "./facts.js";
import { JoinRefused, type JoinRequest } from "./join.js";
import type { JoinAnswer } from "./protocol.js";
import { attach, join, resume, type MediaState, type Session } from "./session.js";

export interface UseCallSessionOptions {
  /** Where the server is. Empty or null: the call goes on untold. */
  url: string | null;
  store?: FactStore;
  /** Take up the session that another screen has started. */
  sessionId?: string | null;
}

/** One of: an invite, a resume secret, or the answer that the host's own server got. */
export type StartRequest = (JoinRequest | { resume: string } | { answer: JoinAnswer }) & { media?: MediaState };

export interface CallSession {
  /** The connection's id; null before `start` and after the end. */
  sessionId: string | null;
  /** The session itself, for its events and the rest of its verbs. */
  session: Session | null;
  loading: boolean;
  /** A host has yet to let this person in. */
  waiting: boolean;
  /** Why the last start did not work, fit to be shown. */
  error: string | null;
  /** Telling works, as far as is known. A call goes on without. */
  available: boolean;
  /** The session's id, or null when it could not be started: never rejects. */
  start(request: StartRequest): Promise<string | null>;
  connected(options?: { setupMs?: number }): void;
  update(media: MediaState): void;
  reportIssue(text: string): void;
  reportError(code: string, message?: string): void;
  /** How it was, 1 to 5. Also after the end. */
  rate(stars: number, comment?: string): void;
  failed(reason: string): void;
  end(reason?: string): Promise<void>;
}

/** Sessions of this page by each id they have had, so that one screen starts a session and another goes on with it. */
const sessions = new Map<string, Session>();

/** A call session as React state. None of its verbs throws or rejects; without a session they do nothing. */
export function useCallSession({ url, store, sessionId: wanted = null }: UseCallSessionOptions): CallSession {
  const [session, setSession] = useState<Session | null>(() => (wanted === null ? null : (sessions.get(wanted) ?? null)));
  const [sessionId, setSessionId] = useState<string | null>(session?.connection ?? null);
  const [loading, setLoading] = useState(false);
  const [waiting, setWaiting] = useState(session?.state === "waiting");
  const [error, setError] = useState<string | null>(null);
  const [reached, setReached] = useState(true);
  const current = useRef(session);
  /** Ratings come when the call is over. */
  const last = useRef(session);
  const starting = useRef<Promise<string | null> | null>(null);

  const take = useCallback((next: Session | null) => {
    current.current = next;
    last.current = next ?? last.current;
    setSession(next);
    setSessionId(next?.connection ?? null);
    setWaiting(next?.state === "waiting");
  }, []);

  useEffect(() => {
    const found = wanted === null ? undefined : sessions.get(wanted);
    if (found && found !== current.current) take(found);
  }, [wanted, take]);

  useEffect(() => {
    if (!session) return;
    const unsubscribe = [
      session.on("state", ({ state, online }) => {
        if (online) setReached(true);
        setWaiting(state === "waiting");
        if (state !== "ended" && state !== "failed") return;
        forget(session);
        if (current.current === session) take(null);
      }),
      session.on("warning", ({ code }) => {
        if (code === "resume.unreachable") setReached(false);
      }),
      session.on("resumed", () => {
        sessions.set(session.connection, session);
        setSessionId(session.connection);
      }),
    ];
    return () => {
      for (const stop of unsubscribe) stop();
    };
  }, [session, take]);

  const start = useCallback(
    (request: StartRequest): Promise<string | null> => {
      if (current.current) return Promise.resolve(current.current.connection);
      const begin = async (): Promise<string | null> => {
        if (!url) return null;
        setLoading(true);
        setError(null);
        try {
          const options = { url, ...(store && { store }) };
          const next =
            "answer" in request
              ? attach(request.answer, options)
              : "resume" in request
                ? await resume({ ...options, resume: request.resume })
                : await join({ ...options, ...request });
          sessions.set(next.connection, next);
          take(next);
          setReached(true);
          next.start(request.media);
          return next.connection;
        } catch (problem) {
          const refused = problem instanceof JoinRefused;
          setReached(refused);
          setError(refused ? problem.detail : "The server cannot be reached.");
          console.warn(`callwell: the session was not started: ${String(problem)}`);
          return null;
        } finally {
          setLoading(false);
        }
      };
      // Asked twice, a button pressed twice: one session.
      starting.current ??= begin().finally(() => {
        starting.current = null;
      });
      return starting.current;
    },
    [url, store, take],
  );

  const verbs = useMemo(
    () => ({
      connected: (options?: { setupMs?: number }) => current.current?.connected(options),
      update: (media: MediaState) => current.current?.update(media),
      reportIssue: (text: string) => current.current?.reportIssue(text),
      reportError: (code: string, message?: string) => current.current?.reportError(code, message),
      rate: (stars: number, comment?: string) => (current.current ?? last.current)?.rate(stars, comment),
      failed: (reason: string) => current.current?.failed(reason),
      end: async (reason?: string) => {
        await current.current?.end(reason);
      },
    }),
    [],
  );

  return { sessionId, session, loading, waiting, error, available: Boolean(url) && reached, start, ...verbs };
}

function forget(session: Session): void {
  for (const [id, known] of sessions) {
    if (known === session) sessions.delete(id);
  }
}
