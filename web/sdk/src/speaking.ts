/** Louder than this is speech: about -40 dB. An open microphone in a quiet room stays below a third of it. */
const LOUD = 0.01;
/** A pause shorter than this does not end what somebody says. */
const HANG_OVER_MS = 1_500;
const LEAST_MS = 300;
/** Short stretches are told together, so that there are no more than six facts in a minute. */
const APART_MS = 10_000;
/** Whoever speaks for longer is told of meanwhile: a page may vanish. */
const LONGEST_MS = 60_000;
/** Another copy of the same microphone, on another peer connection, is heard when the one heard so far is silent for so long. */
const OTHER_MS = 5_000;

/** How long somebody speaks, from what getStats tells of their microphone (`totalAudioEnergy`, `totalSamplesDuration`). */
export class Speaking {
  readonly #spoke: (ended: Date, durationMs: number) => void;
  #source = "";
  #at = -Infinity;
  #energy = 0;
  #seconds = 0;
  /** Of the present stretch. */
  #loudMs = 0;
  #loudAt = 0;
  /** Of stretches that ended and were not told yet. */
  #waitingMs = 0;
  #endedAt = 0;
  #toldAt = -Infinity;

  constructor(spoke: (ended: Date, durationMs: number) => void) {
    this.#spoke = spoke;
  }

  hear(source: string, at: number, energy: number, seconds: number, muted: boolean): void {
    if (source !== this.#source && at - this.#at < OTHER_MS) return;
    const goesOn = source === this.#source && at > this.#at && at - this.#at < LONGEST_MS && seconds > this.#seconds && energy >= this.#energy;
    const ms = Math.min(1000 * (seconds - this.#seconds), at - this.#at);
    const level = Math.sqrt((energy - this.#energy) / (seconds - this.#seconds));
    this.#source = source;
    this.#at = at;
    this.#energy = energy;
    this.#seconds = seconds;
    if (goesOn && !muted && level >= LOUD) {
      this.#loudMs += ms;
      this.#loudAt = at;
    }
    if (at - this.#loudAt >= HANG_OVER_MS || this.#loudMs >= LONGEST_MS) this.#end();
    if (this.#waitingMs > 0 && at - this.#toldAt >= APART_MS) this.#tell(at);
  }

  /** Nothing more will be heard. */
  finish(): void {
    this.#end();
    if (this.#waitingMs > 0) this.#tell(this.#at);
  }

  #end(): void {
    if (this.#loudMs >= LEAST_MS) {
      this.#waitingMs += this.#loudMs;
      this.#endedAt = this.#loudAt;
    }
    this.#loudMs = 0;
  }

  #tell(at: number): void {
    this.#spoke(new Date(this.#endedAt), Math.round(this.#waitingMs));
    this.#waitingMs = 0;
    this.#toldAt = at;
  }
}
