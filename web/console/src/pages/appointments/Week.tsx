import { Button, Group, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, useId } from "react";
import { Link } from "wouter";
import { get } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { LOCALE, time } from "../../format.js";
import { Empty, Shown, StatusBadge, toneOf, useQueryState } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { type Appointment, namesOf } from "./columns.js";
import type { Wanted } from "./Filters.js";
import { beginOf, dayAfter, dayOf, hoursOf, type Placed, placed, shownDays, weekOf } from "./week.js";
import classes from "./Week.module.css";

const PAGE = 200;
const MOST_PAGES = 5;
/** More at one time than these are not drawn side by side: then days are lists. */
const MOST_LANES = 2;

/** A week as a calendar: each day has a heading and a list, which stands on a time axis where there is room for it. */
export function Week({ wanted }: { wanted: Wanted }) {
  const [chosen, setChosen] = useQueryState("week");
  const days = weekOf(chosen);
  const thisWeek = weekOf("");
  const week = useQuery({
    queryKey: ["appointments", "week", days[0], wanted],
    queryFn: ({ signal }) => readWeek(days, wanted, signal),
    refetchInterval: 60_000,
  });
  const isOwn = useAccount().role === "provider";
  const words = strings.appointments.week;
  const go = (day: string) => setChosen(day === thisWeek[0] ? null : day);
  return (
    <>
      <div className={classes.bar}>
        <h2 className={classes.heading} aria-live="polite">
          {words.of(time(`${days[0]}T12:00:00Z`, "day", "UTC"), time(`${days[6]}T12:00:00Z`, "date", "UTC"))}
          {week.data && <small>{words.count(week.data.items.length)}</small>}
        </h2>
        <Group gap="xs">
          <Button variant="default" size="xs" onClick={() => go(dayAfter(days[0]!, -7))}>
            <span aria-hidden>‹&nbsp;</span>
            {words.previous}
          </Button>
          <Button variant="default" size="xs" onClick={() => setChosen(null)} disabled={days[0] === thisWeek[0]}>
            {words.today}
          </Button>
          <Button variant="default" size="xs" onClick={() => go(dayAfter(days[0]!, 7))}>
            {words.next}
            <span aria-hidden>&nbsp;›</span>
          </Button>
          <TextInput
            key={days[0]}
            type="date"
            size="xs"
            aria-label={words.choose}
            defaultValue={days[0]}
            onBlur={(event) => event.currentTarget.value && go(weekOf(event.currentTarget.value)[0]!)}
            onKeyDown={(event) => event.key === "Enter" && event.currentTarget.value && go(weekOf(event.currentTarget.value)[0]!)}
          />
        </Group>
      </div>
      <Shown query={week}>
        {({ items, isCut }) => (
          <>
            {isCut && <p role="status">{words.cut(items.length)}</p>}
            {items.length === 0 ? <Empty title={words.empty} /> : <Days days={days} items={items} isOfOne={wanted.provider_id !== null || isOwn} />}
          </>
        )}
      </Shown>
    </>
  );
}

async function readWeek(days: readonly string[], wanted: Wanted, signal: AbortSignal): Promise<{ items: Appointment[]; isCut: boolean }> {
  const query = { ...wanted, from: beginOf(days[0]!), to: beginOf(dayAfter(days[6]!, 1)), limit: PAGE };
  const items: Appointment[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page: { items: Appointment[]; next_cursor?: string | null } = await get("/v1/appointments", { query: { ...query, cursor }, signal });
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
    if (!cursor) break;
  }
  return { items, isCut: cursor !== null };
}

function Days({ days, items, isOfOne }: { days: readonly string[]; items: readonly Appointment[]; isOfOne: boolean }) {
  const byDay = new Map(days.map((day) => [day, items.filter((one) => dayOf(one.scheduled_at) === day)]));
  const shown = shownDays(days, new Set(items.map((one) => dayOf(one.scheduled_at))));
  const onAxis = shown.map((day) => placed(byDay.get(day) ?? []));
  const isGrid = onAxis.flat().every((one) => one.lanes <= MOST_LANES);
  const [first, last] = hoursOf(onAxis);
  return (
    <div className={classes.frame}>
      <div className={classes.week} data-grid={isGrid} style={{ "--days": shown.length, "--hours": last - first } as CSSProperties}>
        {isGrid && (
          <div className={classes.hours} aria-hidden>
            {Array.from({ length: last - first }, (_, place) => (
              <span key={place}>{hourName(first + place)}</span>
            ))}
          </div>
        )}
        {shown.map((day, place) => (
          <Day key={day} day={day} slots={onAxis[place]!} first={first} isOfOne={isOfOne} />
        ))}
      </div>
    </div>
  );
}

function Day({ day, slots, first, isOfOne }: { day: string; slots: readonly Placed<Appointment>[]; first: number; isOfOne: boolean }) {
  const id = useId();
  const words = strings.appointments.week;
  const isToday = day === dayOf(new Date());
  return (
    <section aria-labelledby={id} className={classes.day} data-today={isToday}>
      <h3 id={id} className={classes.dayName} aria-label={`${words.day(dayName(day, "long"), slots.length)}${isToday ? `, ${words.today_mark}` : ""}`}>
        {dayName(day, "short")}
        {isToday ? <b className={classes.today}>{words.today_mark}</b> : <small>{slots.length || ""}</small>}
      </h3>
      {slots.length === 0 && <p className={classes.none}>{words.none}</p>}
      <ol className={classes.slots}>
        {slots.map((slot) => (
          <li key={slot.one.id} className={classes.place} style={{ "--from": slot.from - first * 60, "--minutes": slot.minutes, "--lane": slot.lane, "--lanes": slot.lanes } as CSSProperties}>
            <Slot one={slot.one} isOfOne={isOfOne} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Whose it is need not be said where all are of one provider. */
function Slot({ one, isOfOne }: { one: Appointment; isOfOne: boolean }) {
  const { appointments } = strings;
  const clients = namesOf(one);
  return (
    <Link href={`/appointments/${one.id}`} className={classes.slot} data-tone={toneOf(one.status)} data-off={one.status === "cancelled" || one.status === "declined"}>
      <span className={classes.when}>
        {time(one.scheduled_at, "time")}–{time(one.ends_at, "time")} <StatusBadge status={one.status} />
      </span>
      <span className={classes.who}>{clients}</span>
      {!isOfOne && <span className={classes.with}>{appointments.with(one.provider.display_name ?? one.provider.identity ?? "")}</span>}
    </Link>
  );
}

function dayName(day: string, length: "short" | "long"): string {
  return new Intl.DateTimeFormat(LOCALE, { weekday: length, month: length, day: "numeric", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));
}

function hourName(hour: number): string {
  return new Intl.DateTimeFormat(LOCALE, { hour: "numeric", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1, hour)));
}
