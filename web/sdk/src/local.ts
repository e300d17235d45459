/** What can be told of our own picture and sound. */
export interface LocalState {
  camera: DeviceState;
  microphone: DeviceState;
  screenShared: boolean;
}

/**
 * `off`: wanted so. `denied`: the person or the browser forbids it. `missing`: there is none. `busy`: another program has
 * it, or it failed.
 */
export type DeviceState = "off" | "starting" | "on" | "denied" | "missing" | "busy";

type Kind = "camera" | "microphone";

/**
 * The page's own camera, microphone and screen. Camera off means off: its light goes out. A muted microphone stays open
 * and sends silence, so that unmuting is at once.
 */
export class LocalMedia {
  readonly #listeners = new Set<() => void>();
  readonly #wanted: Record<Kind, { on: boolean; deviceId: string | undefined; turn: number }> = {
    camera: { on: false, deviceId: undefined, turn: 0 },
    microphone: { on: false, deviceId: undefined, turn: 0 },
  };
  #camera: MediaStreamTrack | null = null;
  #microphone: MediaStreamTrack | null = null;
  #screen: MediaStreamTrack | null = null;
  #state: LocalState = { camera: "off", microphone: "off", screenShared: false };

  /** A new object with every change. */
  get state(): LocalState {
    return this.#state;
  }

  /** What others see: the screen while it is shared, else the camera. */
  get video(): MediaStreamTrack | null {
    return this.#screen ?? this.#camera;
  }

  get camera(): MediaStreamTrack | null {
    return this.#camera;
  }

  get screen(): MediaStreamTrack | null {
    return this.#screen;
  }

  /** The open microphone, muted or not. */
  get audio(): MediaStreamTrack | null {
    return this.#microphone;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Ask for both at once, which is one question to the person instead of two; what is not to be had is told by the state. */
  async open(want: { camera: boolean; microphone: boolean; cameraId?: string; microphoneId?: string }): Promise<void> {
    if (want.camera && want.microphone) {
      const turns = (["camera", "microphone"] as const).map((kind) => {
        this.#wanted[kind] = { on: true, deviceId: kind === "camera" ? want.cameraId : want.microphoneId, turn: this.#wanted[kind].turn + 1 };
        this.#change({ [kind]: "starting" });
        return this.#wanted[kind].turn;
      });
      try {
        const stream = await userMedia({ video: constraints("camera", want.cameraId), audio: constraints("microphone", want.microphoneId) });
        this.#take("camera", turns[0]!, stream.getVideoTracks()[0] ?? null);
        this.#take("microphone", turns[1]!, stream.getAudioTracks()[0] ?? null);
        return;
      } catch {
        // One of them may still be had.
      }
    }
    await Promise.all([this.setCamera(want.camera, want.cameraId), this.setMicrophone(want.microphone, want.microphoneId)]);
  }

  setCamera(on: boolean, deviceId: string | undefined = this.#wanted.camera.deviceId): Promise<void> {
    return this.#set("camera", on, deviceId);
  }

  async setMicrophone(on: boolean, deviceId: string | undefined = this.#wanted.microphone.deviceId): Promise<void> {
    const same = deviceId === this.#wanted.microphone.deviceId;
    if (this.#microphone && same) {
      this.#wanted.microphone.on = on;
      this.#microphone.enabled = on;
      this.#change({ microphone: on ? "on" : "off" });
      return;
    }
    await this.#set("microphone", on, deviceId);
  }

  /** Rejects when the browser cannot; resolves to false when the person changed their mind. */
  async shareScreen(): Promise<boolean> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    } catch (error) {
      if (nameOf(error) === "NotAllowedError") return false;
      throw error;
    }
    this.stopScreen();
    const track = stream.getVideoTracks()[0] ?? null;
    if (track) {
      track.contentHint = "detail";
      track.addEventListener("ended", () => {
        if (this.#screen === track) this.stopScreen();
      });
    }
    this.#screen = track;
    this.#change({ screenShared: track !== null });
    return track !== null;
  }

  stopScreen(): void {
    if (!this.#screen) return;
    this.#screen.stop();
    this.#screen = null;
    this.#change({ screenShared: false });
  }

  /** Let go of everything; lights go out. */
  close(): void {
    for (const kind of ["camera", "microphone"] as const) {
      this.#wanted[kind].turn += 1;
      this.#wanted[kind].on = false;
      this.#stop(kind);
    }
    this.#screen?.stop();
    this.#screen = null;
    this.#change({ camera: "off", microphone: "off", screenShared: false });
  }

  async #set(kind: Kind, on: boolean, deviceId: string | undefined): Promise<void> {
    const turn = this.#wanted[kind].turn + 1;
    this.#wanted[kind] = { on, deviceId, turn };
    if (!on) {
      this.#stop(kind);
      this.#change({ [kind]: "off" });
      return;
    }
    this.#change({ [kind]: "starting" });
    try {
      const stream = await userMedia({ [kind === "camera" ? "video" : "audio"]: constraints(kind, deviceId) });
      this.#take(kind, turn, stream.getTracks()[0] ?? null);
    } catch (error) {
      if (this.#wanted[kind].turn !== turn) return;
      this.#stop(kind);
      this.#change({ [kind]: refusal(error) });
    }
  }

  /** A track has come. It is stopped when in the meantime something else was wanted. */
  #take(kind: Kind, turn: number, track: MediaStreamTrack | null): void {
    if (this.#wanted[kind].turn !== turn) {
      track?.stop();
      return;
    }
    this.#stop(kind);
    if (kind === "camera") this.#camera = track;
    else this.#microphone = track;
    track?.addEventListener("ended", () => {
      // Pulled out, or forbidden in the browser's settings.
      if (this.#track(kind) !== track) return;
      this.#stop(kind);
      this.#change({ [kind]: "missing" });
    });
    this.#change({ [kind]: track ? "on" : "missing" });
  }

  #track(kind: Kind): MediaStreamTrack | null {
    return kind === "camera" ? this.#camera : this.#microphone;
  }

  #stop(kind: Kind): void {
    this.#track(kind)?.stop();
    if (kind === "camera") this.#camera = null;
    else this.#microphone = null;
  }

  #change(change: Partial<LocalState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

function userMedia(wanted: MediaStreamConstraints): Promise<MediaStream> {
  // Absent outside secure contexts.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) return Promise.reject(new DOMException("No devices here.", "NotFoundError"));
  return devices.getUserMedia(wanted);
}

function constraints(kind: Kind, deviceId: string | undefined): MediaTrackConstraints {
  const device = deviceId ? { deviceId: { ideal: deviceId } } : {};
  if (kind === "microphone") return { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
}

function refusal(error: unknown): DeviceState {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    default:
      return "busy";
  }
}

function nameOf(error: unknown): string {
  return typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
}
