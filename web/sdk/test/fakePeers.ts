/**
 * Just enough of WebRTC to negotiate: signalling states, implicit rollback, glare and ICE restarts behave as webrtc-pc
 * says; the path between two pages stands when both have the other's description and nobody has cut it.
 */
export class FakeTrack {
  enabled = true;
  readyState = "live";
  readonly id: string;
  constructor(readonly kind: "audio" | "video", id = Math.random().toString(36).slice(2)) {
    this.id = id;
  }
  stop(): void {
    this.readyState = "ended";
  }
  addEventListener(): void {
    // None of ours ends by itself.
  }
}

export class FakeStream {
  readonly #tracks: FakeTrack[];
  constructor(tracks: FakeTrack[] = []) {
    this.#tracks = [...tracks];
  }
  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }
  addTrack(track: FakeTrack): void {
    this.#tracks.push(track);
  }
  removeTrack(track: FakeTrack): void {
    this.#tracks.splice(this.#tracks.indexOf(track), 1);
  }
}

interface FakeTransceiver {
  direction: string;
  sender: { track: FakeTrack | null; replaceTrack(track: FakeTrack | null): Promise<void>; setStreams(): void };
  receiver: { track: FakeTrack };
}

interface Description {
  type: "offer" | "answer";
  sdp: string;
}

export class FakePeer {
  static all: FakePeer[] = [];
  /** Both ends of every negotiated pair: their paths. */
  static cutPaths = false;

  signalingState = "stable";
  connectionState = "new";
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  restarts = 0;
  rollbacks = 0;
  closed = false;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: { toJSON(): unknown } | null }) => void) | null = null;
  ontrack: ((event: { track: FakeTrack }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly transceivers: FakeTransceiver[] = [];
  /** What getStats gives; asked for at each reading. */
  stats: () => Record<string, Record<string, unknown>> = () => ({});
  readonly id = `${FakePeer.all.push(this)}`;
  #other: FakePeer | null = null;
  #generation = 0;
  #scheduled = false;

  addTransceiver(kind: "audio" | "video"): FakeTransceiver {
    const sender: FakeTransceiver["sender"] = {
      track: null,
      replaceTrack(track) {
        sender.track = track;
        return Promise.resolve();
      },
      setStreams: () => undefined,
    };
    const transceiver: FakeTransceiver = { direction: "sendrecv", sender, receiver: { track: new FakeTrack(kind) } };
    this.transceivers.push(transceiver);
    this.#negotiate();
    return transceiver;
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers;
  }

  getStats(): Promise<Map<string, Record<string, unknown>>> {
    return Promise.resolve(new Map(Object.entries(this.stats())));
  }

  getSenders(): FakeTransceiver["sender"][] {
    return this.transceivers.map(({ sender }) => sender);
  }

  restartIce(): void {
    this.restarts += 1;
    this.#negotiate();
  }

  async setLocalDescription(): Promise<void> {
    await Promise.resolve();
    if (this.closed) throw new DOMException("closed", "InvalidStateError");
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    this.localDescription = { type, sdp: `${this.id}/${++this.#generation}` };
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    this.onicecandidate?.({ candidate: { toJSON: () => ({ candidate: `of ${this.id}` }) } });
    if (type === "answer") this.#join();
  }

  async setRemoteDescription(description: Description): Promise<void> {
    await Promise.resolve();
    if (description.type === "answer" && this.signalingState !== "have-local-offer") throw new DOMException("wrong state", "InvalidStateError");
    if (description.type === "offer" && this.signalingState === "have-local-offer") {
      this.rollbacks += 1;
      this.localDescription = null;
      this.#negotiate();
    }
    const first = this.remoteDescription === null;
    this.remoteDescription = description;
    this.#other = FakePeer.all[Number(description.sdp.split("/")[0]) - 1]!;
    if (description.type === "offer") {
      this.signalingState = "have-remote-offer";
      if (first && this.transceivers.length === 0) {
        for (const kind of ["audio", "video"] as const) this.addTransceiver(kind).direction = "recvonly";
      }
    } else {
      this.signalingState = "stable";
      this.#join();
    }
    if (first) for (const { receiver } of this.transceivers) this.ontrack?.({ track: receiver.track });
  }

  addIceCandidate(): Promise<void> {
    return this.remoteDescription ? Promise.resolve() : Promise.reject(new DOMException("no description", "InvalidStateError"));
  }

  close(): void {
    this.closed = true;
    this.signalingState = "closed";
    this.connectionState = "closed";
    if (this.#other && !this.#other.closed) this.#other.become("disconnected");
  }

  become(state: string): void {
    if (this.closed || this.connectionState === state) return;
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  #join(): void {
    const other = this.#other;
    if (!other || FakePeer.cutPaths || other.closed) return;
    setTimeout(() => {
      if (FakePeer.cutPaths || this.closed || other.closed || this.signalingState !== "stable" || other.signalingState !== "stable") return;
      this.become("connected");
      other.become("connected");
    }, 1);
  }

  /** The event comes once, when things are stable, as in a browser. */
  #negotiate(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const fire = () => {
      if (this.closed) return;
      if (this.signalingState !== "stable") return void setTimeout(fire, 1);
      this.#scheduled = false;
      const isNew = this.transceivers.length > 0 && this.localDescription === null;
      if (isNew || this.restarts > 0) this.onnegotiationneeded?.();
    };
    setTimeout(fire, 0);
  }
}
