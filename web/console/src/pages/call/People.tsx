import { Panel, PersonName, Score, StatusBadge } from "../../parts/index.js";
import { bitrate, DASH, duration, milliseconds, number, percent, share, time } from "../../format.js";
import { strings } from "../../strings/index.js";
import classes from "./call.module.css";
import type { Call, Report } from "./layout.js";
import { WhyScore } from "./Why.js";
import { deviceOf } from "./words.js";
import type { ReactNode } from "react";

type Participant = Call["participants"][number];
type Judged = Report["participants"][number];

/** Everybody: when they were there, with what, how it was for them, and why. */
export function People({ call, report }: { call: Call; report: Report }) {
  const judged = new Map(report.participants.map((one) => [one.participant_id, one]));
  return (
    <Panel title={strings.call.people.title}>
      <div className={classes.people}>
        {call.participants.map((one) => (
          <Card key={one.id} one={one} judged={judged.get(one.id)} report={report} />
        ))}
      </div>
    </Panel>
  );
}

function Card({ one, judged, report }: { one: Participant; judged: Judged | undefined; report: Report }) {
  const { people } = strings.call;
  const what = [one.side && people.side[one.side], one.role, one.is_host && people.host].filter(Boolean);
  return (
    <article className={classes.person} aria-label={one.display_name ?? one.identity ?? strings.parts.unknownPerson}>
      <header className={classes.personTop}>
        <div>
          <h3 className={classes.personName}>
            <PersonName name={one.display_name} identity={one.identity} />
          </h3>
          <p className={classes.soft}>{what.join(" · ")}</p>
        </div>
        <StatusBadge status={one.status} />
      </header>
      {judged && (
        <div className={classes.judged}>
          <Score value={judged.score} category={judged.category} />
          <WhyScore score={judged.score} reasons={judged.reasons} coverage={judged.coverage} formula={report.formula} profile={report.profile} />
        </div>
      )}
      {one.joined_at === null && <p className={classes.soft}>{people.never}</p>}
      <dl className={classes.pairs}>
        {one.joined_at && <Pair name={people.joined}>{time(one.joined_at, "seconds")}</Pair>}
        {one.left_at && <Pair name={people.left}>{time(one.left_at, "seconds")}</Pair>}
        <Pair name={people.attended}>{duration(one.attended_seconds)}</Pair>
        {one.wait_seconds > 0 && <Pair name={people.waited}>{duration(one.wait_seconds)}</Pair>}
        {judged?.setup_ms != null && <Pair name={people.setup}>{milliseconds(judged.setup_ms)}</Pair>}
        <Pair name={people.drops}>
          {number(one.disconnection_count)}
          {judged && judged.disconnected_seconds > 0 && ` (${people.away(duration(judged.disconnected_seconds))})`}
        </Pair>
        {one.spoke_seconds > 0 && <Pair name={people.spoke}>{duration(one.spoke_seconds)}</Pair>}
        {one.messages_sent > 0 && <Pair name={people.messages}>{number(one.messages_sent)}</Pair>}
        {one.reactions_sent > 0 && <Pair name={people.reactions}>{number(one.reactions_sent)}</Pair>}
        {one.rating_stars !== null && <Pair name={people.rating}>{strings.call.figures.stars(number(one.rating_stars))}</Pair>}
        {judged?.sent_score != null && <Pair name={people.sent}>{number(judged.sent_score)}</Pair>}
        {judged && judged.coverage.silent.length > 0 && <Pair name={people.seen}>{people.silent(judged.coverage.silent.length)}</Pair>}
        {one.attended_seconds > 0 && <Pair name={people.evidence}>{evidence(one)}</Pair>}
      </dl>
      {one.connections.length > 0 && (
        <ul className={classes.devices} aria-label={people.devices}>
          {one.connections.map((connection) => (
            <li key={connection.id}>
              {deviceOf(connection)}
              <span className={classes.soft}>
                {connection.joined_at && ` · ${time(connection.joined_at, "time")}`}
                {connection.left_at && `–${time(connection.left_at, "time")}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {judged && judged.tracks.length > 0 && <Tracks judged={judged} />}
    </article>
  );
}

function evidence(one: Participant): string {
  const { evidenceParts } = strings.call.people;
  const parts = (["engine", "socket", "claimed"] as const)
    .map((kind) => [evidenceParts[kind], one.evidence[`${kind}_seconds`] / one.attended_seconds] as const)
    .filter(([, part]) => part > 0.005);
  return parts.map(([kind, part]) => (parts.length === 1 ? kind : `${kind} ${share(part, 0)}`)).join(", ");
}

function Tracks({ judged }: { judged: Judged }) {
  const { tracks: words, directions, kinds, showTracks } = strings.call.people;
  return (
    <details className={classes.details}>
      <summary>{showTracks}</summary>
      <div className={classes.scroll} role="region" aria-label={strings.parts.table.scroll(words.label)} tabIndex={0}>
        <table className={classes.plain}>
          <thead>
            <tr>
              {[words.track, words.score, words.rtt, words.jitter, words.loss, words.bitrate, words.picture, words.codec].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {judged.tracks.map((track) => (
              <tr key={`${track.direction}${track.kind}`}>
                <th scope="row">
                  {kinds[track.kind]} {directions[track.direction]}
                </th>
                <td>{number(track.score)}</td>
                <td>{milliseconds(track.rtt_ms?.mean)}</td>
                <td>{milliseconds(track.jitter_ms?.mean)}</td>
                <td>{percent(track.packet_loss_pct?.mean)}</td>
                <td>{bitrate(track.bitrate_kbps?.mean)}</td>
                <td>{track.width && track.height ? `${track.width}×${track.height}${track.fps ? `, ${number(track.fps.mean)}/s` : ""}` : DASH}</td>
                <td>{track.codecs.join(", ") || DASH}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Pair({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
