/** What is on the page, as files. */
import type { Call, Entry, Series } from "./layout.js";

type Cell = string | number | boolean | null | undefined;

/** A spreadsheet must not take for a formula what somebody called themselves (OWASP: CSV injection). Numbers stay numbers. */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[\s]*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r;]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/** A row for each connection: who, with what, from when until when, and how long with media. */
export function attendanceCsv(call: Call): string {
  return csv(
    ["participant_id", "identity", "display_name", "side", "role", "connection_id", "browser", "os", "device_type", "joined_at", "connected_at", "left_at", "attended_seconds", "disconnections", "leave_reason"],
    call.participants.flatMap((one) =>
      one.connections.map((c) => [
        ...[one.id, one.identity, one.display_name, one.side, one.role, c.id, c.browser, c.os, c.device_type, c.joined_at, c.connected_at, c.left_at],
        ...[c.attended_seconds, c.disconnection_count, c.leave_reason],
      ]),
    ),
  );
}

export function seriesCsv(series: Series, call: Call): string {
  const names = new Map(call.participants.map((one) => [one.id, one]));
  const since = new Date(series.since).getTime();
  return csv(
    ["from", "seconds", "participant_id", "identity", "display_name", "score", "rtt_ms", "jitter_ms", "packet_loss_pct", "received_kbps", "sent_kbps"],
    series.lines.flatMap((line) =>
      Array.from({ length: series.steps }, (_, step) => [
        ...[new Date(since + step * series.step_seconds * 1000).toISOString(), series.step_seconds, line.participant_id],
        ...[names.get(line.participant_id)?.identity, names.get(line.participant_id)?.display_name],
        ...[line.score[step], line.rtt_ms[step], line.jitter_ms[step], line.packet_loss_pct[step], line.bitrate_kbps[step], line.sent_kbps[step]],
      ]).filter((row) => row.slice(5).some((value) => value != null)),
    ),
  );
}

export function timelineCsv(entries: readonly Entry[]): string {
  return csv(
    ["at", "until", "type", "participant_id", "display_name", "connection_id", "count", "is_guess", "sources", "detail"],
    entries.map((one) => [one.at, one.until, one.type, one.participant?.id, one.participant?.display_name, one.connection, one.count, one.is_guess, one.sources.join(" "), JSON.stringify(one.detail)]),
  );
}

/** Gives the text to the browser to save. */
export function save(name: string, text: string, kind: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: kind }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const saveJson = (name: string, value: unknown) => save(name, JSON.stringify(value, null, 2), "application/json");
export const saveCsv = (name: string, text: string) => save(name, text, "text/csv;charset=utf-8");
