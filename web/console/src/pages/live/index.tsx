import { Button, Select } from "@mantine/core";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { post } from "../../api/client.js";
import { clock, milliseconds, number, percent, time } from "../../format.js";
import { Empty, Figure, Figures, Loading, Page, Score, StatusBadge, useQueryChoice } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { nameOf } from "../call/words.js";
import { Following, type Line, type Shown } from "./following.js";
import classes from "./live.module.css";
import { EMPTY, ORDERS, sorted, type Standing, standingsOf, type Tile, totalsOf, worryOf } from "./wall.js";

/** People of one call that a tile names. */
const MOST_NAMED = 6;

export default function Live() {
  const [shown, setShown] = useState<Shown>({ wall: EMPTY, line: { state: "connecting" } });
  const [paused, setPaused] = useState<{ at: number; shown: Shown } | null>(null);
  const [order, setOrder] = useQueryChoice("order", ORDERS);
  const following = useRef<Following>(null);
  useEffect(() => {
    const own = new Following(liveToken, (url) => new WebSocket(url), setShown);
    following.current = own;
    own.begin();
    return () => own.end();
  }, []);
  const { wall, line } = paused?.shown ?? shown;
  const tiles = useMemo(() => sorted(wall, order), [wall, order]);
  const totals = useMemo(() => totalsOf(wall), [wall]);
  const { live } = strings;
  return (
    <Page
      title={live.title}
      lead={live.lead}
      actions={
        <>
          <Select size="xs" w={150} aria-label={live.order.label} data={ORDERS.map((value) => ({ value, label: live.order[value] }))} value={order} onChange={(value) => setOrder(value ?? "worst")} allowDeselect={false} />
          <Button variant="default" size="xs" onClick={() => setPaused(paused ? null : { at: Date.now(), shown })}>
            {paused ? live.resume : live.pause}
          </Button>
        </>
      }
    >
      <State line={shown.line} pausedAt={paused?.at ?? null} retry={() => following.current?.tryNow()} />
      <Figures>
        <Figure label={live.figures.calls} value={number(totals.calls)} />
        <Figure label={live.figures.people} value={number(totals.people)} />
        <Figure label={live.figures.worrying} value={number(totals.worrying)} tone={totals.worrying ? "bad" : "neutral"} />
        <Figure label={live.figures.waiting} value={number(totals.waiting)} tone={totals.waiting ? "fair" : "neutral"} />
      </Figures>
      {!wall.isWhole && tiles.length === 0 ? (
        line.state !== "refused" && <Loading />
      ) : tiles.length === 0 ? (
        <Empty title={live.empty}>
          <span>{live.emptyHint}</span>
        </Empty>
      ) : (
        <ul className={classes.wall}>
          {tiles.map((tile) => (
            <CallTile key={tile.call.id} tile={tile} stoppedAt={paused?.at ?? null} />
          ))}
        </ul>
      )}
    </Page>
  );
}

async function liveToken(): Promise<string> {
  return (await post("/v1/session/live-token")).token;
}

/** Whether what is shown is what is. */
function State({ line, pausedAt, retry }: { line: Line; pausedAt: number | null; retry: () => void }) {
  const { line: words } = strings.live;
  const isLive = line.state === "live" && pausedAt === null;
  const said =
    line.state === "refused" ? words.refused : line.state === "lost" ? words.lost(time(line.since, "seconds")) : pausedAt !== null ? words.paused(time(pausedAt, "seconds")) : words[line.state];
  return (
    <div className={classes.state} data-state={pausedAt !== null ? "paused" : line.state} role="status">
      <span className={isLive ? classes.beat : classes.still} aria-hidden />
      {said}
      {line.state === "lost" && (
        <Button variant="default" size="compact-xs" onClick={retry}>
          {words.retry}
        </Button>
      )}
    </div>
  );
}

/** Drawn again only where its own call changed. */
const CallTile = memo(function CallTile({ tile, stoppedAt }: { tile: Tile; stoppedAt: number | null }) {
  const { call } = tile;
  const { tile: words } = strings.live;
  const standings = standingsOf(tile).filter((one) => one.status !== "left" && one.status !== "invited" && one.status !== "refused");
  const worry = worryOf(tile);
  const named = standings.slice(0, MOST_NAMED);
  const title = standings.length ? standings.slice(0, 2).map(({ participant: one }) => nameOf(one)).join(", ") : words.nobody;
  return (
    <li className={classes.tile} data-worry={worry >= 4 ? "bad" : worry > 0 ? "fair" : "none"} data-call={call.id}>
      <header className={classes.top}>
        <h2 className={classes.title}>
          <Link href={`/calls/${call.id}`}>{title}</Link>
        </h2>
        {call.started_at ? <Running since={call.started_at} stoppedAt={stoppedAt} /> : <StatusBadge status={call.status} />}
      </header>
      <ul className={classes.people}>
        {named.map((one) => (
          <Person key={one.participant.id} one={one} />
        ))}
      </ul>
      {standings.length > named.length && <p className={classes.soft}>{words.more(standings.length - named.length)}</p>}
    </li>
  );
});

function Person({ one }: { one: Standing }) {
  const { participant, quality, status } = one;
  const { tile: words, issues } = strings.live;
  const side = participant.side && strings.call.people.side[participant.side];
  return (
    <li className={classes.person}>
      <div className={classes.line}>
        <span className={classes.name}>
          {nameOf(participant)} {side && <span className={classes.soft}>{side}</span>}
        </span>
        {status === "connected" ? <Score value={quality?.score ?? null} category={quality?.category ?? null} /> : <StatusBadge status={status} />}
      </div>
      {(quality?.rtt_ms !== undefined || one.issues.length > 0) && (
        <div className={classes.figures}>
          <span className={classes.soft}>
            {quality?.rtt_ms !== undefined && words.rtt(milliseconds(quality.rtt_ms))}
            {quality?.packet_loss_pct !== undefined && ` · ${words.loss(percent(quality.packet_loss_pct))}`}
          </span>
          {one.issues.length > 0 && (
            <span className={one.isCritical ? classes.critical : classes.warning}>
              {one.isCritical ? words.issues.critical : words.issues.warning}: {one.issues.map((issue) => issues[issue] ?? issue).join(", ")}
            </span>
          )}
        </div>
      )}
    </li>
  );
}

/** How long something runs, second by second. */
function Running({ since, stoppedAt }: { since: string; stoppedAt: number | null }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={since} className={classes.running}>
      {clock(((stoppedAt ?? now) - new Date(since).getTime()) / 1000)}
    </time>
  );
}
