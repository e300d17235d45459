/** The browser's own database. One for all tabs of an origin. */
export declare class IndexedDbFacts implements FactStore {
	#private;
	readonly name: string;
	constructor(name?: string);
	add(fact: StoredFact): Promise<void>;
	remove(ids: readonly string[]): Promise<void>;
	all(): Promise<StoredFact[]>;
}
/** The server said no. `detail` is a sentence that may be shown to the person. */
export declare class JoinRefused extends Error {
	readonly code: string;
	readonly detail: string;
	/** For `join.too_early`: when the doors open. */
	readonly opensAt?: Date | undefined;
	/** How long that is from now, by the server's clock: this device's own may be wrong. */
	readonly opensInMs?: number | undefined;
	/** All that the server said: what else belongs to a code stands in `docs/reference/protocol.md`. */
	readonly problem: Readonly<Record<string, unknown>>;
	readonly name = "JoinRefused";
	constructor(code: string, detail: string, 
	/** For `join.too_early`: when the doors open. */
	opensAt?: Date | undefined, 
	/** How long that is from now, by the server's clock: this device's own may be wrong. */
	opensInMs?: number | undefined, 
	/** All that the server said: what else belongs to a code stands in `docs/reference/protocol.md`. */
	problem?: Readonly<Record<string, unknown>>);
}
/**
 * The page's own camera, microphone and screen. Camera off means off: its light goes out. A muted microphone stays open
 * and sends silence, so that unmuting is at once.
 */
export declare class LocalMedia {
	#private;
	/** A new object with every change. */
	get state(): LocalState;
	/** What others see: the screen while it is shared, else the camera. */
	get video(): MediaStreamTrack | null;
	get camera(): MediaStreamTrack | null;
	get screen(): MediaStreamTrack | null;
	/** The open microphone, muted or not. */
	get audio(): MediaStreamTrack | null;
	onChange(listener: () => void): () => void;
	/** Ask for both at once, which is one question to the person instead of two; what is not to be had is told by the state. */
	open(want: {
		camera: boolean;
		microphone: boolean;
		cameraId?: string;
		microphoneId?: string;
	}): Promise<void>;
	setCamera(on: boolean, deviceId?: string | undefined): Promise<void>;
	setMicrophone(on: boolean, deviceId?: string | undefined): Promise<void>;
	/** Rejects when the browser cannot; resolves to false when the person changed their mind. */
	shareScreen(): Promise<boolean>;
	stopScreen(): void;
	/** Let go of everything; lights go out. */
	close(): void;
}
/** For places without a store, and for tests. Nothing outlives the page. */
export declare class MemoryFacts implements FactStore {
	#private;
	add(fact: StoredFact): Promise<void>;
	remove(ids: readonly string[]): Promise<void>;
	all(): Promise<StoredFact[]>;
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
export declare class P2pMedia {
	#private;
	constructor(session: Session, local?: LocalMedia | null, makeConnection?: (configuration: RTCConfiguration) => RTCPeerConnection);
	get path(): MediaPath;
	/** Somebody is here, and for 20 s there has been no way to them: a firewall may be between, where no TURN server helps. */
	get struggling(): boolean;
	get peers(): RemotePeer[];
	onChange(listener: () => void): () => void;
	/** Send these tracks to everybody, or silence and no picture. With `LocalMedia` this happens by itself. */
	send({ audio, video }: {
		audio: MediaStreamTrack | null;
		video: MediaStreamTrack | null;
	}): void;
	close(): void;
}
/**
 * One participant's stay in a call. Nothing here throws into the host: a call must go on when telling of it does not
 * work. What goes wrong is told by the `warning` event, and once to the console.
 */
export declare class Session {
	#private;
	/** Use `join`, `resume` or `attach`. */
	constructor(answer: JoinAnswer, { url, store, stats }: SessionOptions);
	get callId(): string;
	get room(): string;
	get mode(): string;
	/** The id of the present connection; another one after `resumed`. */
	get connection(): string;
	get participant(): JoinAnswer["participant"];
	/** Gives this participant another connection. A secret: session storage, never an address. */
	get resumeSecret(): string;
	get iceServers(): readonly IceServer[];
	get settings(): CallSettings;
	/** The record as last heard, null before the first welcome. */
	get call(): CallView | null;
	/** Who waits to be let in, in the order in which they came. Hosts alone are told. */
	get waiting(): readonly ParticipantView[];
	/** Connections whose sockets are open, ours among them. */
	get present(): readonly Online[];
	get state(): SessionState;
	/** Why it ended or failed. */
	get reason(): string | null;
	get online(): boolean;
	/** What has been told of our media. */
	get media(): Readonly<MediaState>;
	/** The server's clock, in milliseconds. */
	now(): number;
	/** Milliseconds since `start`, or since one was let in; null before it. */
	get sinceStart(): number | null;
	on<Name extends keyof SessionEvents>(name: Name, listener: (event: SessionEvents[Name]) => void): () => void;
	/** Open the socket and tell what media we come with. Camera and microphone count as on when nothing is said of them. */
	start(media?: MediaState): void;
	/** Media flows. `setupMs`: how long that took. */
	connected({ setupMs }?: {
		setupMs?: number;
	}): void;
	/** Media stopped flowing. `at`: when, if that is not now. */
	disconnected(reason?: string, { at }?: {
		at?: Date;
	}): void;
	/**
	 * Send what waits now, and resolve once nothing does or the time is up: for an app that goes to the background, where no
	 * `pagehide` tells us. Never rejects; what could not be sent stays in the store.
	 */
	flush(withinMs?: number): Promise<void>;
	/** Media flows again. `mediaKept`: it never stopped, only the server could not be told. */
	reconnected({ mediaKept }?: {
		mediaKept?: boolean;
	}): void;
	/** What changed of our media; what is left out stays as it was. */
	update(media: MediaState): void;
	/**
	 * Measure the quality of this peer connection until it is closed or the session is over; `P2pMedia` does so with its own.
	 * Gives what stops it. `hints` tells what the statistics cannot: which received tracks are screens, what of it is muted.
	 */
	watch(peerConnection: RTCPeerConnection, hints?: () => Hints): () => void;
	/** The same for an engine that gives its statistics only now and then: what `getStats` gave, of the peer connection of that name. */
	reportStats(report: unknown, { name, ...hints }?: Hints & {
		name?: string;
	}): void;
	/** The person says that something is wrong. Also after the end. */
	reportIssue(text: string): void;
	/** Something went wrong on this side; `permission_denied` is a camera or microphone that the browser may not use. Also after the end. */
	reportError(code: string, message?: string): void;
	/** How it was, 1 to 5. Also after the end. */
	rate(stars: number, comment?: string): void;
	chatSent(): void;
	reactionSent(kind?: string): void;
	/** A fact of the host's own: `custom.…`, at most 2 KB. */
	custom(type: string, data?: Record<string, unknown>): void;
	/** It did not work, and we give up. */
	failed(reason: string): void;
	/** Leave with this connection. Resolves when the server knows, or after two seconds. */
	end(reason?: string): Promise<void>;
	/** End the call for everybody, also for who waits; only a host may. When the server cannot be reached, we leave all the same. */
	endCall(): Promise<void>;
	/** Let somebody in who waits; only a host may. Gives null when that is done, else why it is not. */
	admit(participantId: string): Promise<Warning | null>;
	/** Send somebody away who waits; only a host may. Gives null when that is done, else why it is not. */
	refuse(participantId: string): Promise<Warning | null>;
	/** Hand something to another connection's page. False when our socket is not open. */
	signal(to: string, body: unknown): boolean;
	/** Ask for the record again. */
	resync(): void;
	/**
	 * Says that media is negotiated between connections (`P2pMedia` does), so that it starts anew with a new connection.
	 * Otherwise the media is the host's and goes on when only our connection is another.
	 */
	mediaFollowsConnection(): void;
}
/** No answer came, or none that could be understood. Trying again later may help. */
export declare class Unreachable extends Error {
	/** The server asked to be left alone for so long. */
	readonly retryAfterMs: number;
	readonly name = "Unreachable";
	constructor(detail: string, 
	/** The server asked to be left alone for so long. */
	retryAfterMs?: number);
}
/** Take up a join that the host's own server has asked for (`POST /v1/calls/{id}/join`). */
export declare function attach(answer: JoinAnswer, options: SessionOptions): Session;
/** Whether the record says that nothing more will happen in this call. */
export declare function callIsOver(call: Pick<CallView, "status">): boolean;
/** Use an invite and be a participant of the call. Rejects with `JoinRefused` or `Unreachable`. */
export declare function join(options: SessionOptions & JoinRequest): Promise<Session>;
/** Come back as the same participant, with another connection: after a page refresh. Who waits, waits on. Rejects with `JoinRefused` or `Unreachable`. */
export declare function resume(options: SessionOptions & {
	resume: string;
} & Pick<JoinRequest, "consent">): Promise<Session>;
export interface CallSettings {
	heartbeat_seconds?: number;
	chat_enabled?: boolean;
	screen_share_enabled?: boolean;
	sample_seconds?: number;
	[key: string]: unknown;
}
/** The participants' view of a call: names, roles and states. */
export interface CallView {
	id: string;
	version: number;
	status: string;
	type: string;
	mode: string;
	room: string;
	started_at: string | null;
	ended_at: string | null;
	end_reason: string | null;
	settings: CallSettings;
	participants: ParticipantView[];
}
export interface ConnectionView {
	id: string;
	status: string;
}
/** The words of `docs/reference/protocol.md`, as they go over the wire. */
export interface Device {
	browser?: string;
	os?: string;
	type?: string;
}
export interface Fact {
	id: string;
	type: string;
	/** This page's clock; the server corrects it by the offset it measured at hello. */
	occurred_at: string;
	data: Record<string, unknown>;
}
/**
 * Where facts lie until the server has said what became of them. Three verbs, so that any store fits: IndexedDB here,
 * AsyncStorage or SQLite elsewhere. `add` resolves when the fact would outlive a crash; it may reject, then the fact is
 * kept in memory only. `all` gives them in the order of their ids.
 */
export interface FactStore {
	add(fact: StoredFact): Promise<void>;
	remove(ids: readonly string[]): Promise<void>;
	all(): Promise<StoredFact[]>;
}
export interface Hints {
	/** Kinds that this person does not send now. */
	muted?: readonly Kind[];
	/** Kinds that the others do not send now. */
	remoteMuted?: readonly Kind[];
	/** Identifiers of tracks, or mids, that are screens. */
	screen?: readonly string[];
}
export interface IceServer {
	urls: string | string[];
	username?: string;
	credential?: string;
}
/** What `POST /v1/join` and `/v1/join/resume` answer. */
export interface JoinAnswer {
	/** A host has yet to let this person in: until then the token can only wait. */
	waiting?: boolean;
	call_id: string;
	room: string;
	type: string;
	mode: string;
	engine: {
		kind: string;
		[key: string]: unknown;
	};
	participant: {
		id: string;
		identity: string;
		display_name: string | null;
		role: string;
		side: string | null;
		host: boolean;
	};
	connection: string;
	/** Opens the socket and posts facts, for this connection alone. */
	token: string;
	/** The first socket must be open before this time. */
	connect_until: string;
	/** Facts are taken until this time. */
	report_until: string;
	/** Gives the same participant another connection: for the page's own session storage and nowhere else. */
	resume: string;
	socket: string;
	ice_servers: IceServer[];
	settings: CallSettings;
	server_time: string;
}
export interface JoinRequest {
	/** The secret of the room link (`inv_…`). */
	invite: string;
	displayName?: string;
	/** Left out, the server reads it from the browser's own headers. */
	device?: Device;
	audioOption?: string;
	metadata?: Record<string, unknown>;
	/** What this person agrees to, asked for by `join.consent_required`: say it only after they were asked. */
	consent?: {
		recording?: boolean;
	};
}
/** What can be told of our own picture and sound. */
export interface LocalState {
	camera: DeviceState;
	microphone: DeviceState;
	screenShared: boolean;
}
/** A sample as it goes over the wire, less its id. What is unknown is absent, never 0. */
export interface Measured {
	started_at: string;
	interval_ms: number;
	direction: Direction;
	kind: Kind;
	muted?: true;
	packet_loss_pct?: number;
	late_loss_pct?: number;
	rtt_ms?: number;
	path_rtt_ms?: number;
	jitter_ms?: number;
	jitter_buffer_ms?: number;
	packets?: number;
	bytes?: number;
	bitrate_kbps?: number;
	target_kbps?: number;
	available_outgoing_kbps?: number;
	codec?: string;
	protection?: Protection;
	concealment_pct?: number;
	width?: number;
	height?: number;
	fps?: number;
	fps_expected?: number;
	freeze_ratio?: number;
	freeze_count?: number;
	frames_dropped_pct?: number;
	limitation?: Limitation;
	counter_resets?: number;
}
export interface MediaState {
	cameraEnabled?: boolean;
	micEnabled?: boolean;
	screenShared?: boolean;
	/** How audio is carried, in the host's words: "wifi", "cellular", "speaker". */
	audioOption?: string;
}
/** A connection whose socket is open now. */
export interface Online {
	connection: string;
	participant: string;
	/** How it fares, as its last sample said; absent while that is unknown. */
	quality?: OnlineQuality;
}
export interface OnlineQuality {
	category: "excellent" | "good" | "fair" | "poor" | "unknown";
	score?: number | null;
	rtt_ms?: number | null;
	packet_loss_pct?: number | null;
	jitter_ms?: number | null;
	bitrate_kbps?: number | null;
	at: string;
}
export interface Outcome {
	id: string;
	outcome: "stored" | "duplicate" | "rejected";
	code?: string;
}
export interface ParticipantView {
	id: string;
	display_name: string | null;
	role: string;
	side: string | null;
	host: boolean;
	status: string;
	audio_enabled: boolean | null;
	video_enabled: boolean | null;
	screen_shared: boolean | null;
	connections: ConnectionView[];
}
export interface RemotePeer {
	connection: string;
	participant: string;
	stream: MediaStream;
	connected: boolean;
}
/** One person's quality numbers over one interval. */
export interface SampleFact extends Measured {
	id: string;
}
/** On whose behalf a fact is sent: the connection it belongs to and the token that may speak for it. */
export interface Sender {
	connection: string;
	url: string;
	token: string;
	/** RFC 3339: after it the server takes no more of this connection's facts. */
	reportUntil: string;
}
export interface SessionEvents {
	/** The record of the call changed. */
	call: CallView;
	presence: readonly Online[];
	signal: {
		from: string;
		body: unknown;
	};
	state: StateChange;
	/** A host let us in: media can begin, with what this answer brings. */
	admitted: JoinAnswer;
	/** We were put out, or not let in; `detail` may be shown. The state is `ended`. */
	out: {
		code: string;
		detail: string;
	};
	/** Something went wrong that the host need not act on. */
	warning: Warning;
	/** The same participant has another connection: keep `session.resumeSecret`. */
	resumed: JoinAnswer;
	/** Another connection was put out: close the peer connection to it. */
	closePeer: {
		connection: string;
	};
}
export interface SessionOptions {
	/** Where the server is, without a trailing slash: `https://calls.example.org`. */
	url: string;
	/** Where facts lie until they are sent. Default: IndexedDB, else memory. */
	store?: FactStore;
	/** How quality is measured. */
	stats?: StatsOptions;
}
export interface StateChange {
	state: SessionState;
	/** The socket is open: others hear us and the record is live. */
	online: boolean;
	/** Why it ended or failed: an end reason or an error code. */
	reason: string | null;
}
export interface StatsOptions {
	/** How often getStats is read; 2 s unless told. */
	readMs?: number;
	/** How long a sample is; as long as the call's settings say (`sample_seconds`) unless told. */
	sampleMs?: number;
}
/** A fact with all that is needed to send it, also by a page that knows nothing else of its call. */
export interface StoredFact {
	fact: Fact;
	sender: Sender;
}
export interface Warning {
	code: string;
	detail: string;
}
/**
 * W3C getStats readings to samples, number for number as the server derives them from recorded readings
 * (`quality/w3c.py`, which says why each step is as it is); `tests/quality/vectors` keep the two together.
 */
export type Direction = "inbound" | "outbound";
export type Kind = "audio" | "video" | "screen";
/** `waiting`: nobody else is here. `reconnecting`: media stood and was lost. */
export type MediaPath = "waiting" | "connecting" | "connected" | "reconnecting" | "closed";
/** `waiting`: a host has yet to let this person in. */
export type SessionState = "waiting" | "connecting" | "connected" | "ended" | "failed";
type DeviceState = "off" | "starting" | "on" | "denied" | "missing" | "busy";
type Limitation = "none" | "cpu" | "bandwidth" | "other";
type Protection = "none" | "fec" | "red" | "red_fec";

export {};

// @callwell/sdk/react

import type { FactStore } from "./callwell.js";
import { type JoinRequest } from "./callwell.js";
import type { JoinAnswer } from "./callwell.js";
import { type MediaState, type Session } from "./callwell.js";
export interface UseCallSessionOptions {
    /** Where the server is. Empty or null: the call goes on untold. */
    url: string | null;
    store?: FactStore;
    /** Take up the session that another screen has started. */
    sessionId?: string | null;
}
/** One of: an invite, a resume secret, or the answer that the host's own server got. */
export type StartRequest = (JoinRequest | {
    resume: string;
} | {
    answer: JoinAnswer;
}) & {
    media?: MediaState;
};
export interface CallSession {
    /** The connection's id; null before `start` and after the end. */
    sessionId: string | null;
    /** The session itself, for its events and the rest of its verbs. */
    session: Session | null;
    loading: boolean;
    /** A host has yet to let this person in. */
    waiting: boolean;
    /** Why the last start did not work, fit to be shown. */
    error: string | null;
    /** Telling works, as far as is known. A call goes on without. */
    available: boolean;
    /** The session's id, or null when it could not be started: never rejects. */
    start(request: StartRequest): Promise<string | null>;
    connected(options?: {
        setupMs?: number;
    }): void;
    update(media: MediaState): void;
    reportIssue(text: string): void;
    reportError(code: string, message?: string): void;
    /** How it was, 1 to 5. Also after the end. */
    rate(stars: number, comment?: string): void;
    failed(reason: string): void;
    end(reason?: string): Promise<void>;
}
/** A call session as React state. None of its verbs throws or rejects; without a session they do nothing. */
export declare function useCallSession({ url, store, sessionId: wanted }: UseCallSessionOptions): CallSession;
