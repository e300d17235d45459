import { callIsOver, join, JoinRefused, LocalMedia, P2pMedia, resume, type LocalState, type Session } from "@callwell/sdk";
import { keepDevices, keepEntry, readDevices, readEntry, type Devices, type Entry } from "./entry.js";
import { text } from "./text.js";

export interface Problem {
  code: string;
  detail: string;
  /** When to try again, by this device's clock. */
  opensAt?: number;
}

export type Screen =
  | { kind: "returning" }
  | { kind: "preview"; joining: boolean }
  | { kind: "refused"; problem: Problem; joining: boolean }
  | { kind: "call"; session: Session; media: P2pMedia }
  | { kind: "ended"; session: Session; ending: Ending };

export interface Ending {
  title: string;
  detail: string | null;
  /** Of the call, when it had begun. */
  seconds: number | null;
}

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
      if (await this.#tryToResume()) return;
      this.#remember({ resume: undefined });
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
    const { screen } = this;
    if ((screen.kind !== "preview" && screen.kind !== "refused") || screen.joining) return;
    this.#remember({ name });
    this.#show({ ...screen, joining: true });
    // Who was here before comes back as the same person, not as another guest.
    if (await this.#tryToResume()) return;
    const { invite } = this.#entry;
    if (!invite) return this.#refuse({ code: "no_invite", detail: text.refusal.noInvite });
    try {
      this.#enter(await join({ url: this.#url, invite, ...(name.trim() && { displayName: name.trim() }) }));
    } catch (error) {
      this.#refuse(
        error instanceof JoinRefused
          ? { code: error.code, detail: error.detail, ...(error.opensInMs !== undefined && { opensAt: Date.now() + error.opensInMs }) }
          : { code: "unreachable", detail: text.refusal.unreachableLead },
      );
    }
  }

  async leave(): Promise<void> {
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

  /** Back to the preview, from a refusal or the end. */
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

  async #tryToResume(): Promise<boolean> {
    if (!this.#comeBack) return false;
    try {
      this.#enter(await resume({ url: this.#url, resume: this.#comeBack }));
      return true;
    } catch (error) {
      if (error instanceof JoinRefused) this.#comeBack = null;
      return false;
    }
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
    let out: string | null = null;
    session.on("resumed", keepSecret);
    session.on("out", ({ detail }) => (out = detail));
    session.on("state", ({ state, reason }) => {
      if ((state !== "ended" && state !== "failed") || this.#screen.kind !== "call") return;
      this.#remember({ resume: undefined });
      this.#show({ kind: "ended", session, ending: endingOf(session, reason, out, this.#endedForAll) });
      this.local.close();
    });
    this.#show({ kind: "call", session, media });
    const { camera, microphone } = this.local.state;
    session.start({ cameraEnabled: camera === "on" || camera === "starting", micEnabled: microphone === "on" || microphone === "starting" });
  }

  async #openMedia(): Promise<void> {
    await this.local.open({
      camera: this.#entry.camera ?? true,
      microphone: this.#entry.microphone ?? true,
      ...(this.#devices.camera && { cameraId: this.#devices.camera }),
      ...(this.#devices.microphone && { microphoneId: this.#devices.microphone }),
    });
  }

  /** What is wanted is remembered for a refresh, also while a device is still starting; what the device itself refuses is not. */
  #keepMedia(): void {
    if (this.#screen.kind !== "preview" && this.#screen.kind !== "call") return;
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
    this.local.close();
  }

  #show(screen: Screen): void {
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

function endingOf(session: Session, reason: string | null, out: string | null, endedForAll: boolean): Ending {
  const { call } = session;
  const startedAt = call?.started_at ? Date.parse(call.started_at) : null;
  const endedAt = call?.ended_at ? Date.parse(call.ended_at) : session.now();
  const seconds = startedAt === null ? null : Math.max(0, (endedAt - startedAt) / 1000);
  if (reason === "replaced") return { title: text.ended.replaced, detail: text.ended.replacedLead, seconds };
  if (session.state === "failed") return { title: text.ended.failed, detail: out, seconds };
  if (endedForAll || (call && callIsOver(call))) return { title: text.ended.over, detail: null, seconds };
  if (out !== null) return { title: text.ended.out, detail: out, seconds: null };
  return { title: text.ended.left, detail: null, seconds };
}
