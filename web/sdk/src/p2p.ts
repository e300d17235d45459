import type { LocalMedia } from "./local.js";
import type { IceServer, Online } from "./protocol.js";
import type { Session } from "./session.js";
import type { Hints } from "./stats.js";

/** A path that ICE calls disconnected may come back by itself for so long. */
const PATIENCE_MS = 4_000;
/** A loss shorter than this is not told. */
const BLIP_MS = 1_500;
/** How often links that do not stand are looked after. */
const ROUND_MS = 1_000;
/** Without an answer for so long, what was said last is said again. */
const REPEAT_MS = 5_000;
/** After so many repetitions the link is made anew. */
const REPETITIONS = 5;
/** Two pages that have not met after so long may not be able to. */
const STRUGGLE_MS = 20_000;
/** A peer whose socket and media are both gone is waited for so long. */
const ABSENCE_MS = 60_000;

/** `waiting`: nobody else is here. `reconnecting`: media stood and was lost. */
export type MediaPath = "waiting" | "connecting" | "connected" | "reconnecting" | "closed";

export interface RemotePeer {
  connection: string;
  participant: string;
  stream: MediaStream;
  connected: boolean;
}

/** What pages say to each other. `link` names the RTCPeerConnection that speaks, so that one made anew is told from the one before it. */
interface Signal {
  link: string;
  description?: RTCSessionDescriptionInit | null;
  candidate?: RTCIceCandidateInit | null;
  /** "Make me an offer." */
  wanted?: true;
}

/**
 * Media between the pages of a call, without a server in between: one RTCPeerConnection to every other connection that is
 * present, made and healed by perfect negotiation (the larger connection id is polite). Tells the session when media
 * stands, is lost and is back. Make it before `session.start()`.
 *
 * A peer that leaves is no loss of ours, and a peer whose socket is gone has the fault on its side: neither is told as
 * `disconnected`. A socket of ours that was away for less than the lease is not told either, since the server noticed
 * nothing; for longer, the session says `reconnected` with `media_kept` when the media stood all the while.
 */
export class P2pMedia {
  readonly #session: Session;
  readonly #local: LocalMedia | null;
  readonly #makeConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  readonly #links = new Map<string, Link>();
  readonly #putOut = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: (() => void)[];
  readonly #rounds: ReturnType<typeof setInterval>;
  #video: MediaStreamTrack | null = null;
  #audio: MediaStreamTrack | null = null;
  /** Since when somebody has been here to connect to. */
  #companySince: number | null = null;
  /** Devices that the browser may not use, as far as that was told. */
  readonly #denied = new Set<string>();
  #wasUp = false;
  #everUp = false;
  #toldLoss = false;
  #struggled = false;
  #lossTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    session: Session,
    local: LocalMedia | null = null,
    makeConnection: (configuration: RTCConfiguration) => RTCPeerConnection = (configuration) => new RTCPeerConnection(configuration),
  ) {
    this.#session = session;
    this.#local = local;
    this.#makeConnection = makeConnection;
    session.mediaFollowsConnection();
    this.#unsubscribe = [
      session.on("presence", () => this.#reconcile()),
      session.on("call", () => this.#reconcile()),
      session.on("signal", ({ from, body }) => this.#hear(from, body)),
      session.on("closePeer", ({ connection }) => {
        this.#putOut.add(connection);
        this.#drop(connection);
      }),
      session.on("resumed", () => this.#startOver()),
      session.on("state", ({ state }) => {
        if (state === "ended" || state === "failed") this.close();
        else if (local) this.#takeLocal();
      }),
    ];
    if (local) {
      this.#takeLocal();
      this.#unsubscribe.push(local.onChange(() => this.#takeLocal()));
    }
    this.#rounds = setInterval(() => this.#lookAfter(), ROUND_MS);
  }

  get path(): MediaPath {
    if (this.#closed) return "closed";
    const links = [...this.#links.values()];
    if (links.some(({ connected }) => connected)) return "connected";
    if (links.length === 0) return "waiting";
    return links.some(({ wasConnected }) => wasConnected) ? "reconnecting" : "connecting";
  }

  /** Somebody is here, and for 20 s there has been no way to them: a firewall may be between, where no TURN server helps. */
  get struggling(): boolean {
    return !this.#closed && !this.#everUp && this.#companySince !== null && Date.now() - this.#companySince > STRUGGLE_MS;
  }

  get peers(): RemotePeer[] {
    return [...this.#links.values()].map(({ connection, participant, stream, connected }) => ({ connection, participant, stream, connected }));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Send these tracks to everybody, or silence and no picture. With `LocalMedia` this happens by itself. */
  send({ audio, video }: { audio: MediaStreamTrack | null; video: MediaStreamTrack | null }): void {
    this.#audio = audio;
    this.#video = video;
    for (const link of this.#links.values()) link.send(audio, video);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#rounds);
    clearTimeout(this.#lossTimer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#changed();
  }

  #takeLocal(): void {
    const local = this.#local!;
    if (local.audio !== this.#audio || local.video !== this.#video) this.send({ audio: local.audio, video: local.video });
    const { camera, microphone, screenShared } = local.state;
    // "starting" is neither yet.
    this.#session.update({
      ...(camera !== "starting" && { cameraEnabled: camera === "on" }),
      ...(microphone !== "starting" && { micEnabled: microphone === "on" }),
      ...((screenShared || this.#session.media.screenShared !== undefined) && { screenShared }),
    });
    this.#tellDenied("camera", camera === "denied");
    this.#tellDenied("microphone", microphone === "denied");
  }

  /** A device that the browser may not use is told once for each time that it was asked for; to a call, not to its waiting room. */
  #tellDenied(device: string, isDenied: boolean): void {
    if (!isDenied) this.#denied.delete(device);
    else if (this.#session.state !== "waiting" && !this.#denied.has(device)) {
      this.#denied.add(device);
      this.#session.reportError("permission_denied", device);
    }
  }

  #others(): Online[] {
    return this.#session.present.filter(({ connection, participant }) => connection !== this.#session.connection && participant !== this.#session.participant.id);
  }

  /** Bring the links in line with who is here. */
  #reconcile(): void {
    if (this.#closed) return;
    const others = this.#others();
    const here = new Set(others.map(({ connection }) => connection));
    const gone = new Set(
      (this.#session.call?.participants ?? [])
        .flatMap(({ connections }) => connections)
        .filter(({ status }) => status === "left" || status === "failed" || status === "refused")
        .map(({ id }) => id),
    );
    for (const [connection, link] of this.#links) {
      if (here.has(connection) && !gone.has(connection)) {
        if (link.absentSince !== null) {
          link.absentSince = null;
          // Its page, or ours, could not be spoken to: what was said then is lost.
          if (!link.connected) link.repeat();
        }
        continue;
      }
      link.absentSince ??= Date.now();
      const cameBack = others.some((other) => other.participant === link.participant);
      if (gone.has(connection) || cameBack) this.#drop(connection);
    }
    for (const other of others) {
      if (!this.#links.has(other.connection) && !gone.has(other.connection) && !this.#putOut.has(other.connection)) this.#reach(other);
    }
    this.#companySince = this.#links.size === 0 ? null : (this.#companySince ?? Date.now());
    this.#judge();
  }

  #reach({ connection, participant }: Online): Link {
    const link = new Link({
      connection,
      participant,
      polite: this.#session.connection > connection,
      peer: this.#makeConnection({ iceServers: this.#session.iceServers.map(iceServer) }),
      say: (body) => this.#session.signal(connection, body),
      changed: () => this.#judge(),
    });
    this.#links.set(connection, link);
    this.#session.watch(link.peer, () => this.#hintsOf(link));
    link.send(this.#audio, this.#video);
    link.begin();
    return link;
  }

  /** What is known of whoever sends: their pages say what is muted, and that the one picture they send is a screen. */
  #hintsOf({ participant, stream }: Link): Hints {
    const them = this.#session.call?.participants.find(({ id }) => id === participant);
    const shared = them?.screen_shared === true;
    return {
      remoteMuted: [...(them?.audio_enabled === false ? (["audio"] as const) : []), ...(them?.video_enabled === false && !shared ? (["video"] as const) : [])],
      screen: shared ? stream.getTracks().flatMap(({ kind, id }) => (kind === "video" ? [id] : [])) : [],
    };
  }

  #drop(connection: string): void {
    const link = this.#links.get(connection);
    if (!link) return;
    this.#links.delete(connection);
    link.close();
    this.#judge();
  }

  /** Another connection of ours: for the others we are somebody new. */
  #startOver(): void {
    clearTimeout(this.#lossTimer);
    this.#lossTimer = undefined;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#wasUp = false;
    this.#everUp = false;
    this.#toldLoss = false;
    this.#companySince = null;
    this.#changed();
  }

  #hear(from: string, body: unknown): void {
    if (this.#closed || this.#putOut.has(from) || !isSignal(body)) return;
    let link = this.#links.get(from);
    if (!link) {
      const other = this.#others().find(({ connection }) => connection === from);
      // Whoever is not present is not spoken to; an offer is repeated until they are.
      if (!other) return;
      link = this.#reach(other);
    } else if (link.isAnother(body)) {
      const { connection, participant } = link;
      link.close();
      link = this.#reach({ connection, participant });
    }
    link.hear(body);
  }

  /** Once a second: what does not stand is helped on. */
  #lookAfter(): void {
    const now = Date.now();
    if (this.struggling !== this.#struggled) {
      this.#struggled = this.struggling;
      this.#changed();
    }
    for (const link of [...this.#links.values()]) {
      if (link.connected) continue;
      if (link.absentSince !== null) {
        if (now - link.absentSince > ABSENCE_MS) this.#drop(link.connection);
        continue;
      }
      if (!this.#session.online || now - link.lastTry < REPEAT_MS) continue;
      if (link.tries < REPETITIONS) {
        link.repeat();
      } else {
        const { connection, participant } = link;
        link.close();
        this.#reach({ connection, participant });
      }
    }
  }

  /** Does media stand? Tell the session what changed. */
  #judge(): void {
    if (this.#closed) return;
    const links = [...this.#links.values()];
    const up = links.some(({ connected }) => connected);
    if (up) {
      clearTimeout(this.#lossTimer);
      this.#lossTimer = undefined;
      if (!this.#everUp) {
        const setUp = this.#companySince === null ? null : Date.now() - this.#companySince;
        const started = this.#session.sinceStart ?? setUp;
        // Time spent alone in the room is not time that the connection took.
        this.#session.connected(setUp === null || started === null ? {} : { setupMs: Math.min(setUp, started) });
      } else if (this.#toldLoss) {
        this.#session.reconnected({ mediaKept: false });
      }
      this.#everUp = true;
      this.#toldLoss = false;
    } else if (this.#wasUp && this.#lossTimer === undefined && !this.#toldLoss) {
      const lostAt = new Date();
      this.#lossTimer = setTimeout(() => {
        this.#lossTimer = undefined;
        this.#tellLoss(lostAt);
      }, BLIP_MS);
    }
    this.#wasUp = up;
    this.#changed();
  }

  #tellLoss(lostAt: Date): void {
    const links = [...this.#links.values()];
    const ours = links.some(({ absentSince }) => absentSince === null || !this.#session.online);
    if (this.#closed || !ours || links.some(({ connected }) => connected)) return;
    this.#toldLoss = true;
    this.#session.disconnected("media_lost", { at: lostAt });
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

interface LinkOptions {
  connection: string;
  participant: string;
  polite: boolean;
  peer: RTCPeerConnection;
  say: (signal: Signal) => boolean;
  changed: () => void;
}

/**
 * Perfect negotiation with one other connection (W3C webrtc-pc, 10.7). The impolite side makes the first offer, with one
 * transceiver for sound and one for pictures, both ways from the start: whatever is muted or shared later only replaces
 * a track.
 */
class Link {
  readonly connection: string;
  readonly participant: string;
  readonly stream = new MediaStream();
  /** Its socket is gone since then. */
  absentSince: number | null = null;
  wasConnected = false;
  tries = 0;
  lastTry = Date.now();
  readonly #id = Math.random().toString(36).slice(2, 12);
  /** Names our two tracks as one stream, which keeps lips and voice together. */
  readonly #ours = new MediaStream();
  readonly #options: LinkOptions;
  readonly #peer: RTCPeerConnection;
  #theirId: string | null = null;
  #makingOffer = false;
  #ignoringOffer = false;
  #settingAnswer = false;
  #work: Promise<void> = Promise.resolve();
  #patience: ReturnType<typeof setTimeout> | undefined;
  #audio: MediaStreamTrack | null = null;
  #video: MediaStreamTrack | null = null;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.participant = options.participant;
    const peer = (this.#peer = options.peer);
    peer.onnegotiationneeded = () => void this.#offer();
    peer.onicecandidate = ({ candidate }) => {
      if (candidate) this.#say({ candidate: candidate.toJSON() });
    };
    peer.ontrack = ({ track }) => {
      for (const old of this.stream.getTracks()) {
        if (old.kind === track.kind) this.stream.removeTrack(old);
      }
      this.stream.addTrack(track);
      options.changed();
    };
    peer.onconnectionstatechange = () => this.#stateChanged();
  }

  get peer(): RTCPeerConnection {
    return this.#peer;
  }

  get connected(): boolean {
    return this.#peer.connectionState === "connected";
  }

  begin(): void {
    if (this.#options.polite) {
      this.#say({ wanted: true });
    } else {
      for (const kind of ["audio", "video"]) this.#peer.addTransceiver(kind, { direction: "sendrecv", streams: [this.#ours] });
      this.#replaceTracks();
    }
  }

  send(audio: MediaStreamTrack | null, video: MediaStreamTrack | null): void {
    this.#audio = audio;
    this.#video = video;
    this.#replaceTracks();
  }

  /**
   * Whether this was said by another RTCPeerConnection than the one we negotiated with. One that has not negotiated yet
   * takes whoever comes: otherwise two that are made anew at once would answer each other with new ones for ever.
   */
  isAnother({ link }: Signal): boolean {
    return this.#theirId !== null && this.#theirId !== link && this.#peer.remoteDescription !== null;
  }

  hear(signal: Signal): void {
    // Also a bare candidate or wish names it: the first words may come in any order.
    this.#theirId = signal.link;
    this.#work = this.#work.then(() => this.#take(signal)).catch(() => undefined);
  }

  /** Something must have been lost, or the path is gone: say again what was said, or look for another path. */
  repeat(): void {
    if (this.#closed) return;
    this.tries += 1;
    this.lastTry = Date.now();
    const { signalingState, localDescription, remoteDescription } = this.#peer;
    if (signalingState === "have-local-offer" && localDescription) this.#say({ description: localDescription });
    else if (!remoteDescription && this.#options.polite) this.#say({ wanted: true });
    else if (!remoteDescription) void this.#offer();
    else this.#peer.restartIce();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#patience);
    this.#peer.onnegotiationneeded = null;
    this.#peer.onicecandidate = null;
    this.#peer.ontrack = null;
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }

  #say(signal: Omit<Signal, "link">): void {
    if (!this.#closed) this.#options.say({ link: this.#id, ...signal });
  }

  async #offer(): Promise<void> {
    if (this.#closed || this.#makingOffer) return;
    try {
      this.#makingOffer = true;
      await this.#peer.setLocalDescription();
      this.#say({ description: this.#peer.localDescription });
    } catch {
      // The round that looks after links tries again.
    } finally {
      this.#makingOffer = false;
    }
  }

  async #take({ description, candidate, wanted }: Signal): Promise<void> {
    if (this.#closed) return;
    const peer = this.#peer;
    if (wanted && !this.#options.polite && peer.signalingState === "have-local-offer") this.#say({ description: peer.localDescription });
    if (description) {
      const ready = !this.#makingOffer && (peer.signalingState === "stable" || this.#settingAnswer);
      const collision = description.type === "offer" && !ready;
      this.#ignoringOffer = !this.#options.polite && collision;
      if (this.#ignoringOffer) return;
      if (description.type === "answer" && peer.signalingState !== "have-local-offer") return;
      this.#settingAnswer = description.type === "answer";
      try {
        await peer.setRemoteDescription(description);
      } finally {
        this.#settingAnswer = false;
      }
      if (description.type === "offer") {
        for (const transceiver of peer.getTransceivers()) {
          if (transceiver.direction === "stopped") continue;
          transceiver.direction = "sendrecv";
          (transceiver.sender as Partial<RTCRtpSender>).setStreams?.(this.#ours);
        }
        this.#replaceTracks();
        await peer.setLocalDescription();
        this.#say({ description: peer.localDescription });
      }
    }
    if (candidate) {
      try {
        await peer.addIceCandidate(candidate);
      } catch (error) {
        if (!this.#ignoringOffer) throw error;
      }
    }
  }

  #replaceTracks(): void {
    for (const { sender, receiver, direction } of this.#peer.getTransceivers()) {
      if (direction === "stopped") continue;
      const track = receiver.track.kind === "audio" ? this.#audio : this.#video;
      if (sender.track !== track) sender.replaceTrack(track).catch(() => undefined);
    }
  }

  #stateChanged(): void {
    clearTimeout(this.#patience);
    switch (this.#peer.connectionState) {
      case "connected":
        this.wasConnected = true;
        this.tries = 0;
        break;
      case "disconnected":
        // The polite side lets the other begin, so that they seldom meet half-way.
        this.lastTry = Date.now();
        this.#patience = setTimeout(() => this.repeat(), PATIENCE_MS + (this.#options.polite ? 2_000 : 0));
        break;
      case "failed":
        this.repeat();
        break;
    }
    this.#options.changed();
  }
}

function iceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username !== undefined && { username }), ...(credential !== undefined && { credential }) };
}

function isSignal(body: unknown): body is Signal {
  return typeof body === "object" && body !== null && "link" in body && typeof body.link === "string";
}
