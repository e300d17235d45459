import { Speaking } from "./speaking.js";
import { Sampler, type Hints, type Measured, type Stats } from "./stats.js";

const READ_MS = 2_000;

export interface StatsOptions {
  /** How often getStats is read; 2 s unless told. */
  readMs?: number;
  /** How long a sample is; as long as the call's settings say (`sample_seconds`) unless told. */
  sampleMs?: number;
}

interface WatchOptions extends StatsOptions {
  /** What is known of the whole session: what is muted here and there. */
  hints: () => Hints;
  measured: (samples: Measured[]) => void;
  spoke: (ended: Date, durationMs: number) => void;
}

interface Watched {
  pc: RTCPeerConnection;
  name: string;
  hints: () => Hints;
  busy: boolean;
}

/** Reads getStats of peer connections every now and then and gives the samples. Never throws. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #watched = new Set<Watched>();
  #sampler: Sampler;
  #speaking: Speaking;
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #over = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#sampler = new Sampler(options.sampleMs);
    this.#speaking = new Speaking(options.spoke);
  }

  /** Read this one until it is closed or no longer wanted. `hints` tells what is known of it beside the session. */
  add(pc: RTCPeerConnection, hints: () => Hints = () => ({})): () => void {
    const watched: Watched = { pc, name: `pc${++this.#count}`, hints, busy: false };
    if (this.#over) return () => undefined;
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => {
      for (const one of this.#watched) void this.#read(one);
    }, this.#options.readMs ?? READ_MS);
    // The first reading is where counting begins: the sooner, the more is known.
    void this.#read(watched);
    return () => this.#forget(watched);
  }

  /** What somebody else has read. */
  take(pc: string, at: number, stats: Stats, hints: Hints): void {
    if (this.#over) return;
    const known = this.#options.hints();
    const all = {
      muted: [...(known.muted ?? []), ...(hints.muted ?? [])],
      remoteMuted: hints.remoteMuted ?? known.remoteMuted ?? [],
      screen: [...(known.screen ?? []), ...(hints.screen ?? [])],
    };
    try {
      this.#listen(pc, at, stats, all.muted.includes("audio"));
      this.#give(this.#sampler.read(pc, at, stats, all));
    } catch {
      // Whatever that was, it was no reading, and the call goes on.
    }
  }

  /** What the last interval has. Nothing is read afterwards. */
  finish(): void {
    if (this.#over) return;
    this.begin();
    this.#over = true;
    for (const one of this.#watched) this.#forget(one);
  }

  /** Another connection: the samples of the one before end here, and streams are new. */
  begin(): void {
    this.#speaking.finish();
    this.#give(this.#sampler.finish());
    this.#sampler = new Sampler(this.#options.sampleMs);
    this.#speaking = new Speaking(this.#options.spoke);
  }

  #give(samples: Measured[]): void {
    if (samples.length > 0) this.#options.measured(samples);
  }

  #forget(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #read(watched: Watched): Promise<void> {
    const { pc, name } = watched;
    if (pc.connectionState === "closed") return this.#forget(watched);
    if (watched.busy) return;
    watched.busy = true;
    try {
      const report = await pc.getStats();
      const hints = watched.hints();
      if (this.#watched.has(watched)) this.take(name, Date.now(), entriesOf(report), { ...hints, screen: [...screensOf(pc), ...(hints.screen ?? [])] });
    } catch {
      // Not every engine can tell, and not at every moment.
    } finally {
      watched.busy = false;
    }
  }

  /** The own microphone. */
  #listen(pc: string, at: number, stats: Stats, muted: boolean): void {
    for (const [id, one] of stats) {
      const { type, kind, totalAudioEnergy, totalSamplesDuration } = (one ?? {}) as Record<string, unknown>;
      if (type !== "media-source" || kind !== "audio" || !isCount(totalAudioEnergy) || !isCount(totalSamplesDuration)) continue;
      this.#speaking.hear(`${pc} ${id}`, at, totalAudioEnergy, totalSamplesDuration, muted);
    }
  }
}

/** The objects of a report with their ids, however it comes: as the browser's own, as a list of objects, or as one object of them. */
export function entriesOf(report: unknown): Stats {
  if (typeof report !== "object" || report === null) return [];
  if (Array.isArray(report)) {
    return report.flatMap((one: unknown) => (typeof one === "object" && one !== null && "id" in one && typeof one.id === "string" ? [[one.id, one] as const] : []));
  }
  const { forEach } = report as { forEach?: unknown };
  if (typeof forEach !== "function") return Object.entries(report);
  const entries: [string, unknown][] = [];
  (report as ReadonlyMap<string, unknown>).forEach((one, id) => entries.push([id, one]));
  return entries;
}

/** Tracks that we send and that show a display, a window or a tab. */
function screensOf(pc: RTCPeerConnection): string[] {
  const senders = (pc as Partial<RTCPeerConnection>).getSenders?.() ?? [];
  return senders.flatMap(({ track }) => (track && (track as Partial<MediaStreamTrack>).getSettings?.().displaySurface ? [track.id] : []));
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
