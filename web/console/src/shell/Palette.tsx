import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { useLocation } from "wouter";
import { type Answer, post } from "../api/client.js";
import { time } from "../format.js";
import type { PageEntry } from "../pages.js";
import { SearchIcon } from "../parts/icons.js";
import { strings } from "../strings/index.js";
import classes from "./Palette.module.css";

interface Place {
  group: string;
  label: string;
  note?: string;
  href: string;
}

/** Goes to a page, a person, a call or an appointment by the first letters of it. What is typed goes into no address. */
export default function Palette({ entries, onClose }: { entries: readonly PageEntry[]; onClose: () => void }) {
  const words = strings.shell.palette;
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const [wanted] = useDebouncedValue(typed.trim(), 150);
  const [at, setAt] = useState(0);
  const id = useId();
  const found = useQuery({
    queryKey: ["search", wanted],
    queryFn: ({ signal }) => post("/v1/search", { body: { q: wanted, limit: 5 }, signal }),
    enabled: wanted !== "",
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  const places = [...pagesLike(entries, typed), ...(wanted && found.data ? placesOf(found.data, entries) : [])];
  const here = Math.min(at, places.length - 1);

  useEffect(() => document.getElementById(`${id}-${here}`)?.scrollIntoView({ block: "nearest" }), [id, here]);

  const go = (place: Place | undefined) => {
    if (!place) return;
    onClose();
    navigate(place.href);
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && places.length) setAt((here + step + places.length) % places.length);
    else if (event.key === "Enter") go(places[here]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal opened onClose={onClose} withCloseButton={false} size="lg" padding={0} yOffset="10vh" attributes={{ content: { "aria-label": words.title } }} transitionProps={{ duration: 0 }}>
      <div className={classes.field}>
        <SearchIcon />
        <input
          className={classes.input}
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={here >= 0 ? `${id}-${here}` : undefined}
          aria-label={words.title}
          placeholder={words.hint}
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          value={typed}
          data-autofocus
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
      </div>
      <ul id={id} role="listbox" aria-label={words.title} className={classes.list}>
        {places.map((place, index) => (
          <li
            key={`${place.group} ${place.href} ${place.label}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === here}
            className={classes.place}
            onPointerMove={() => setAt(index)}
            onClick={() => go(place)}
          >
            <span className={classes.label}>{place.label}</span>
            <span className={classes.note}>{place.note ?? place.group}</span>
          </li>
        ))}
      </ul>
      <p role="status" className={classes.status}>
        {found.isError ? strings.parts.failed.title : wanted && !found.isFetching && places.length === 0 ? words.nothing : words.keys}
      </p>
    </Modal>
  );
}

function pagesLike(entries: readonly PageEntry[], typed: string): Place[] {
  const { pages, palette } = strings.shell;
  const wanted = typed.trim().toLowerCase();
  return entries
    .flatMap(({ name, path }) => (name ? [{ group: palette.page, label: pages[name], href: path }] : []))
    .filter(({ label }) => label.toLowerCase().includes(wanted));
}

function placesOf(found: Answer<"/v1/search", "post">, entries: readonly PageEntry[]): Place[] {
  const { palette } = strings.shell;
  const status = (word: string) => strings.words.status[word] ?? word;
  const places: Place[] = [
    ...found.people.map((one) => ({ group: palette.person, label: one.display_name ?? one.identity, href: `/people/${encodeURIComponent(one.identity)}` })),
    ...found.calls.map((one) => ({
      group: palette.call,
      label: one.people.join(", ") || one.external_id || one.id,
      note: `${palette.call} · ${time(one.started_at ?? one.created_at)} · ${status(one.status)}`,
      href: `/calls/${one.id}`,
    })),
    ...found.appointments.map((one) => ({
      group: palette.appointment,
      label: `${one.client}, ${one.provider}`,
      note: `${palette.appointment} · ${time(one.scheduled_at)} · ${status(one.status)}`,
      href: `/appointments/${one.id}`,
    })),
    ...found.rooms.map((one) => ({ group: palette.room, label: one.title ?? one.name, href: `/calls?room=${one.name}` })),
  ];
  return places.filter(({ href }) => entries.some(({ path }) => new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`).test(href.split("?", 1)[0]!)));
}
