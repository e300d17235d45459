import { callIsOver, join, JoinRefused, LocalMedia, P2pMedia, resume, type LocalState, type Session } from "@callwell/sdk";
import { keepDevices, keepEntry, readDevices, readEntry, type Devices, type Entry } from "./entry.js";
import { text } from "./text.js";

export interface Problem {
  code: string;
  detail: string;
  /** When the room opens, which is when it is tried again. */
  opens?: Opening;
  /** Until when one could join. */
  closedAt?: Date;
}

/** A time of the server's, and when that is by this device's clock, which may be wrong. */
export interface Opening {
  at: Date;
  here: number;
}

export type Screen =
  | { kind: "returning" }
  | { kind: "preview"; joining: boolean }
  | { kind: "refused"; problem: Problem; joining: boolean }
  | { kind: "consent"; declined: boolean; joining: boolean }
  | { kind: "waiting"; session: Session; media: P2pMedia; since: number }
  | { kind: "call"; session: Session; media: P2pMedia }
  | { kind: "ended"; session: Session; ending: Ending };

export interface Ending {
  title: string;
  detail: string | null;
  /** Of the call, when it had begun. */
  seconds: number | null;
  /** Who never was in the call is not asked how it was. */
  wasIn: boolean;
}

/** A device that sleeps does not count: it looks at its clock again as often as this. */
const NAP_MS = 15_000;
/** What was to happen by itself and found no server is tried again after so long. */
const AGAIN_MS = 5_000;

/** One tab's visit to a room, from opening the link to the last word. The screens only show it. */
export class Visit {
  readonly local = new LocalMedia();
  readonly #room: string;
  readonly #url: string;
  readonly #listeners = new Set<() => void>();
  #entry: Entry;
  #devices: Devices;
  #screen: Screen = { kind: "preview", joining: false };
  /** The invite's own name for the person, once known. */
  #named: string | null = null;
  /** Makes us the same participant again. Stored only while in the call: after hanging up a refresh must not go back in. */
  #comeBack: string | null;
  #endedForAll = false;
  /** What was said yes to, in this tab. */
  #consent: { recording: true } | null = null;
  #mediaIsOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(room: string, url: string) {
    this.#room = room;
    this.#url = url;
    this.#entry = readEntry(room);
    this.#devices = readDevices();
    this.#comeBack = this.#entry.resume ?? null;
    this.local.onChange(() => this.#keepMedia());
  }

  get screen(): Screen {
    return this.#screen;
  }

  get name(): string {
    return this.#entry.name ?? this.#named ?? "";
  }

  get devices(): Devices {
    return this.#devices;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Straight back into the call after a refresh, else to the preview. */
  async begin(): Promise<void> {
    if (this.#comeBack) {
      this.#show({ kind: "returning" });
      void this.#openMedia();
      const refused = await this.#tryToResume();
      if (refused === null) return;
      this.#remember({ resume: undefined, waitingSince: undefined });
      if (refused instanceof JoinRefused && refused.code === "join.refused") return this.#refuse(problemOf(refused));
      this.#show({ kind: "preview", joining: false });
      return;
    }
    if (!this.#entry.invite) {
      this.#refuse({ code: "no_invite", detail: text.refusal.noInvite });
      return;
    }
    this.#show({ kind: "preview", joining: false });
    await this.#openMedia();
  }

  async join(name: string): Promise<void> {
    this.#remember({ name });
    const { screen } = this;
    const error = await this.#tryToJoin();
    if (error === null) return;
    if (error instanceof JoinRefused && error.code === "join.consent_required") return this.#show({ kind: "consent", declined: false, joining: false });
    const problem = problemOf(error);
    this.#refuse(problem);
    if (problem.opens) this.#tryAgainAt(problem.opens.here);
    // Whoever counts down may not be looking when it finds no server.
    else if (problem.code === "unreachable" && screen.kind === "refused" && screen.problem.opens) this.#tryAgainAt(Date.now() + AGAIN_MS);
  }

  /** Yes to being recorded. */
  async agree(): Promise<void> {
    this.#consent = { recording: true };
    await this.join(this.name);
  }

  /** No to being recorded. */
  decline(): void {
    if (this.#screen.kind !== "consent" || this.#screen.joining) return;
    this.#show({ kind: "consent", declined: true, joining: false });
    this.#closeMedia();
  }

  async leave(): Promise<void> {
    if (this.#screen.kind === "waiting") return this.#screen.session.end();
    if (this.#screen.kind !== "call") return;
    const { session, media } = this.#screen;
    // Who gives up because there is no way to the others has not left a call.
    if (media.struggling) session.failed("media_unreachable");
    else await session.end();
  }

  async endForAll(): Promise<void> {
    this.#endedForAll = true;
    if (this.#screen.kind === "call") await this.#screen.session.endCall();
  }

  /** Back to the preview, from a refusal, a question or the end. */
  async prepare(): Promise<void> {
    this.#show({ kind: "preview", joining: false });
    await this.#openMedia();
  }

  async choose(devices: Devices): Promise<void> {
    const before = this.#devices;
    this.#devices = { ...before, ...devices };
    keepDevices(this.#devices);
    this.#tell();
    const { camera, microphone } = this.local.state;
    if (devices.camera !== undefined && devices.camera !== before.camera) await this.local.setCamera(camera !== "off", devices.camera);
    if (devices.microphone !== undefined && devices.microphone !== before.microphone) await this.local.setMicrophone(microphone !== "off", devices.microphone);
  }

  /** Null when it worked, or is being tried already; else what went wrong. */
  async #tryToJoin(): Promise<unknown> {
    const { screen } = this;
    if (!("joining" in screen) || screen.joining) return null;
    this.#show({ ...screen, joining: true });
    // Who was here before comes back as the same person, not as another guest.
    if ((await this.#tryToResume()) === null) return null;
    const { invite } = this.#entry;
    if (!invite) return new JoinRefused("no_invite", text.refusal.noInvite);
    const displayName = this.name.trim();
    try {
      this.#enter(await join({ url: this.#url, invite, ...(displayName && { displayName }), ...(this.#consent && { consent: this.#consent }) }));
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Null when it worked; else what went wrong. */
  async #tryToResume(): Promise<unknown> {
    if (!this.#comeBack) return "nothing to come back with";
    try {
      this.#enter(await resume({ url: this.#url, resume: this.#comeBack, ...(this.#consent && { consent: this.#consent }) }));
      return null;
    } catch (error) {
      if (error instanceof JoinRefused) this.#comeBack = null;
      return error;
    }
  }

  /** At that time, by this device's clock, it is tried again by itself: unless the person has gone elsewhere. */
  #tryAgainAt(here: number): void {
    const wait = here - Date.now();
    this.#timer = setTimeout(() => (wait > NAP_MS ? this.#tryAgainAt(here) : void this.join(this.name)), Math.min(Math.max(wait, 1_000), NAP_MS));
  }

  #enter(session: Session): void {
    const media = new P2pMedia(session, this.local);
    this.#named = session.participant.display_name;
    const keepSecret = () => {
      this.#comeBack = session.resumeSecret;
      this.#remember({ resume: session.resumeSecret });
    };
    keepSecret();
    this.#endedForAll = false;
    let out: Out | null = null;
    let wasIn = false;
    session.on("resumed", keepSecret);
    session.on("out", (event) => (out = event));
    session.on("state", ({ state }) => {
      if (this.#screen.kind !== "call" && this.#screen.kind !== "waiting") return;
      if (state === "ended" || state === "failed") return this.#over(session, out, wasIn);
      wasIn ||= state !== "waiting";
      this.#showWhereWeAre(session, media);
    });
    wasIn = session.state !== "waiting";
    if (!this.#mediaIsOpen) void this.#openMedia();
    this.#showWhereWeAre(session, media);
    const { camera, microphone } = this.local.state;
    session.start({ cameraEnabled: camera === "on" || camera === "starting", micEnabled: microphone === "on" || microphone === "starting" });
  }

  #showWhereWeAre(session: Session, media: P2pMedia): void {
    const { kind } = this.#screen;
    if (session.state !== "waiting" && kind !== "call") {
      this.#remember({ waitingSince: undefined });
      this.#show({ kind: "call", session, media });
    } else if (session.state === "waiting" && kind !== "waiting") {
      const since = this.#entry.waitingSince ?? Date.now();
      this.#remember({ waitingSince: since });
      this.#show({ kind: "waiting", session, media, since });
    }
  }

  #over(session: Session, out: Out | null, wasIn: boolean): void {
    this.#remember({ resume: undefined, waitingSince: undefined });
    if (out?.code === "join.refused") this.#comeBack = null;
    if (!wasIn && out && out.code !== "replaced") return this.#refuse({ code: out.code, detail: out.detail });
    this.#show({ kind: "ended", session, ending: endingOf(session, out, this.#endedForAll, wasIn) });
    this.#closeMedia();
  }

  async #openMedia(): Promise<void> {
    this.#mediaIsOpen = true;
    await this.local.open({
      camera: this.#entry.camera ?? true,
      microphone: this.#entry.microphone ?? true,
      ...(this.#devices.camera && { cameraId: this.#devices.camera }),
      ...(this.#devices.microphone && { microphoneId: this.#devices.microphone }),
    });
  }

  /** What is wanted is remembered for a refresh, also while a device is still starting; what the device itself refuses is not. */
  #keepMedia(): void {
    if (!this.#mediaIsOpen) return;
    const { camera, microphone } = this.local.state;
    const change: Entry = {};
    if (isWish(camera)) change.camera = camera !== "off";
    if (isWish(microphone)) change.microphone = microphone !== "off";
    this.#remember(change);
  }

  #remember(change: { [Name in keyof Entry]: Entry[Name] | undefined }): void {
    this.#entry = JSON.parse(JSON.stringify({ ...this.#entry, ...change })) as Entry;
    keepEntry(this.#room, this.#entry);
  }

  #refuse(problem: Problem): void {
    this.#show({ kind: "refused", problem, joining: false });
    this.#closeMedia();
  }

  #closeMedia(): void {
    this.#mediaIsOpen = false;
    this.local.close();
  }

  #show(screen: Screen): void {
    clearTimeout(this.#timer);
    this.#screen = screen;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function isWish(state: LocalState["camera"]): boolean {
  return state === "on" || state === "starting" || state === "off";
}

interface Out {
  code: string;
  detail: string;
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof JoinRefused)) return { code: "unreachable", detail: text.refusal.unreachableLead };
  const { code, detail, opensAt, opensInMs, problem } = error;
  const closedAt = new Date(String(problem["closes_at"]));
  return {
    code,
    detail,
    ...(opensAt && opensInMs !== undefined && { opens: { at: opensAt, here: Date.now() + opensInMs } }),
    ...(!Number.isNaN(closedAt.getTime()) && { closedAt }),
  };
}

function endingOf(session: Session, out: Out | null, endedForAll: boolean, wasIn: boolean): Ending {
  const { call, reason } = session;
  const startedAt = call?.started_at ? Date.parse(call.started_at) : null;
  const endedAt = call?.ended_at ? Date.parse(call.ended_at) : session.now();
  const seconds = startedAt === null ? null : Math.max(0, (endedAt - startedAt) / 1000);
  if (reason === "replaced") return { title: text.ended.replaced, detail: text.ended.replacedLead, seconds, wasIn };
  if (session.state === "failed") return { title: text.ended.failed, detail: out?.detail ?? null, seconds, wasIn };
  if (!wasIn) return { title: text.ended.leftWaiting, detail: text.ended.leftWaitingLead, seconds: null, wasIn };
  if (endedForAll || (call && callIsOver(call))) return { title: text.ended.over, detail: null, seconds, wasIn };
  if (out !== null) return { title: text.ended.out, detail: out.code === "join.too_late" ? text.ended.timeIsUp : out.detail, seconds: null, wasIn };
  return { title: text.ended.left, detail: null, seconds, wasIn };
}
