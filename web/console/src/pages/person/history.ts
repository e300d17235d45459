/** What a person's calls come to: how each went for them, and with what they came. */
import type { Answer } from "../../api/client.js";

export type Call = Answer<"/v1/calls">["items"][number];
export type Participant = Call["participants"][number];

/** What somebody was in a call; nothing where the call does not name them. */
export function partOf(call: Call, identity: string): Participant | undefined {
  return call.participants.find((one) => one.identity === identity);
}

export interface Scored {
  call: Call;
  at: string;
  score: number;
}

/** The calls that have a score for them, the oldest first. */
export function scoresOf(calls: readonly Call[], identity: string): Scored[] {
  return calls
    .flatMap((call) => {
      const score = partOf(call, identity)?.quality_score;
      return score == null ? [] : [{ call, score, at: call.started_at ?? call.created_at }];
    })
    .sort((one, other) => one.at.localeCompare(other.at));
}

export function meanOf(values: readonly number[]): number | null {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

export interface Setting {
  /** Browser, system and kind of device; null where nobody said. */
  device: string | null;
  network: string | null;
  calls: number;
  score: number | null;
  disconnections: number;
  setupMs: number | null;
  last: string | null;
}

/** Each combination of device and network that they came with, the most used first. A call counts once for each. */
export function settingsOf(calls: readonly Call[], identity: string): Setting[] {
  const found = new Map<string, { device: string | null; network: string | null; calls: Map<string, number | null>; disconnections: number; setups: number[]; last: string | null }>();
  for (const call of calls) {
    const own = partOf(call, identity);
    for (const one of own?.connections ?? []) {
      const device = [one.browser, one.os, one.device_type].filter(Boolean).join(" · ") || null;
      const network = networkOf(one.metadata);
      const key = `${device ?? ""}\n${network ?? ""}`;
      const seen = found.get(key) ?? { device, network, calls: new Map<string, number | null>(), disconnections: 0, setups: [], last: null };
      seen.calls.set(call.id, own?.quality_score ?? null);
      seen.disconnections += one.disconnection_count;
      if (one.setup_ms !== null) seen.setups.push(one.setup_ms);
      if (one.joined_at !== null && (seen.last === null || one.joined_at > seen.last)) seen.last = one.joined_at;
      found.set(key, seen);
    }
  }
  return [...found.values()]
    .map(({ device, network, calls: own, disconnections, setups, last }) => ({
      ...{ device, network, disconnections, last },
      calls: own.size,
      score: meanOf([...own.values()].filter((score) => score !== null)),
      setupMs: meanOf(setups),
    }))
    .sort((one, other) => other.calls - one.calls);
}

/** The kind of network, as rollups know it, and the country where that is told. */
function networkOf(metadata: Record<string, unknown> | null): string | null {
  const words = ["network", "country"].map((name) => metadata?.[name]).filter((word) => typeof word === "string");
  return words.length ? words.join(" · ") : null;
}
