import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Link } from "wouter";
import { type Answer, post } from "../../api/client.js";
import { time } from "../../format.js";
import { Failed, StatusBadge } from "../../parts/index.js";
import { SearchIcon } from "../../parts/icons.js";
import { strings } from "../../strings/index.js";
import { callsAddress } from "./filters.js";
import classes from "./calls.module.css";

type Found = Answer<"/v1/search", "post">;

/** Finds by what is half remembered. What is typed goes in the body of a request and nowhere else: no address, no history. */
export function Search() {
  const [typed, setTyped] = useState("");
  const [wanted] = useDebouncedValue(typed.trim(), 150);
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  const { search } = strings.calls;
  const found = useQuery({
    queryKey: ["search", wanted],
    queryFn: ({ signal }) => post("/v1/search", { body: { q: wanted }, signal }),
    enabled: wanted !== "",
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  useEffect(() => {
    const close = (event: PointerEvent) => {
      if (!place.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", close);
    return () => removeEventListener("pointerdown", close);
  }, []);
  const isShown = isOpen && wanted !== "";
  return (
    <div
      ref={place}
      className={classes.search}
      role="search"
      onKeyDown={(event) => event.key === "Escape" && setOpen(false)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && event.relatedTarget && setOpen(false)}
    >
      <TextInput
        aria-label={search.label}
        placeholder={search.hint}
        leftSection={<SearchIcon />}
        value={typed}
        maxLength={200}
        autoComplete="off"
        aria-controls={id}
        onFocus={() => setOpen(true)}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setOpen(true);
        }}
      />
      <div id={id} className={classes.found} hidden={!isShown}>
        {found.error ? <Failed error={found.error} retry={found.refetch} /> : found.data && <Groups found={found.data} onChosen={() => setOpen(false)} />}
      </div>
    </div>
  );
}

function Groups({ found, onChosen }: { found: Found; onChosen: () => void }) {
  const { search } = strings.calls;
  const count = found.people.length + found.calls.length + found.appointments.length + found.rooms.length;
  return (
    <div onClick={(event) => (event.target as HTMLElement).closest("a") && onChosen()}>
      <p role="status" className={count ? classes.unseen : classes.none}>
        {search.found(count)}
      </p>
      <Group title={search.groups.people} of={found.people}>
        {(one) => (
          <li key={one.identity}>
            <Link href={callsAddress({ person: one.identity })}>{search.callsWith(one.display_name ?? one.identity)}</Link>
            <span className={classes.soft}>
              {one.identity} · <Link href={`/people/${encodeURIComponent(one.identity)}`}>{search.page}</Link>
            </span>
          </li>
        )}
      </Group>
      <Group title={search.groups.calls} of={found.calls}>
        {(one) => (
          <li key={one.id}>
            <Link href={`/calls/${one.id}`}>{one.people.join(", ") || one.external_id || one.id}</Link>
            <span className={classes.soft}>
              {time(one.started_at ?? one.created_at)} <StatusBadge status={one.status} />
            </span>
          </li>
        )}
      </Group>
      <Group title={search.groups.appointments} of={found.appointments}>
        {(one) => (
          <li key={one.id}>
            <Link href={`/appointments/${one.id}`}>{search.between(one.client, one.provider)}</Link>
            <span className={classes.soft}>
              {time(one.scheduled_at)} <StatusBadge status={one.status} />
            </span>
          </li>
        )}
      </Group>
      <Group title={search.groups.rooms} of={found.rooms}>
        {(one) => (
          <li key={one.name}>
            <Link href={callsAddress({ room: one.name })}>{one.title ?? one.name}</Link>
            {one.closed && <span className={classes.soft}>{search.closed}</span>}
          </li>
        )}
      </Group>
    </div>
  );
}

function Group<T>({ title, of, children }: { title: string; of: readonly T[]; children: (one: T) => ReactNode }) {
  const id = useId();
  if (of.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={classes.groupName}>
        {title}
      </h2>
      <ul className={classes.list}>{of.map(children)}</ul>
    </section>
  );
}
