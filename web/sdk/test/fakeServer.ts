import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { CallView, Fact, IceServer, JoinAnswer, SampleFact } from "../src/protocol.js";

interface Member {
  id: string;
  name: string | null;
  host: boolean;
  waits: boolean;
  refused: boolean;
}

interface Connection {
  id: string;
  token: string;
  member: Member;
  status: string;
  socket: WebSocket | null;
}

const SAMPLE_MEMBERS = new Set(
  `id started_at interval_ms direction kind muted packet_loss_pct late_loss_pct rtt_ms path_rtt_ms jitter_ms jitter_buffer_ms packets bytes bitrate_kbps target_kbps
  available_outgoing_kbps codec protection concealment_pct width height fps fps_expected freeze_ratio freeze_count frames_dropped_pct limitation counter_resets`.split(/\s+/),
);

export interface Received extends Fact {
  connection: string;
  via: "socket" | "post";
}

/**
 * A server that speaks the protocol and does as it is told: it can be away, slow of word, too busy or unkind. It keeps
 * the facts it has said `stored` of, once each.
 */
export class FakeServer {
  /** Every fact that was stored, in the order of arrival. */
  readonly facts: Received[] = [];
  /** Ids of facts as they came in, repetitions too. */
  readonly arrivals: string[] = [];
  /** Every sample that was stored, once each. */
  readonly samples: (SampleFact & { connection: string; via: "socket" | "post" })[] = [];
  /** What POST /v1/samples answers instead of storing. */
  samplePostFault: ((samples: SampleFact[]) => { status: number; body?: unknown } | null) | null = null;
  /** What `samples` on the socket get instead of outcomes. */
  sampleSocketFault: ((samples: SampleFact[]) => "silence" | { retry: number } | { close: number } | null) | null = null;
  readonly joins: Record<string, unknown>[] = [];
  hellos = 0;
  signals = 0;
  heartbeats = 0;
  ended = 0;
  /** What POST /v1/events answers instead of storing. */
  postFault: ((facts: Fact[]) => { status: number; headers?: Record<string, string>; body?: unknown } | null) | null = null;
  /** What `events` on the socket get instead of outcomes: nothing at all, `retry`, or a closing code. */
  socketFault: ((facts: Fact[]) => "silence" | { retry: number } | { close: number } | null) | null = null;
  /** Facts for which the answer is `rejected`. */
  rejects: ((fact: Fact) => string | null) | null = null;
  /** Sockets are not let in. */
  away = false;
  /** Heartbeats are not answered. */
  deaf = false;
  heartbeatSeconds = 15;
  resumeRefusal: { code: string; detail: string } | null = null;
  joinRefusals: Record<string, { status: number; body: Record<string, unknown> }> = {};
  /** What a host's `admit` and `refuse` are answered with instead of being done. */
  admitRefusal: { status: number; body: Record<string, unknown> } | null = null;
  iceServers: IceServer[] = [];
  version = 1;
  status = "initiated";
  startedAt: string | null = null;
  endReason: string | null = null;
  readonly callId = "0193a1c0-0000-7000-8000-000000000001";

  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Map<string, Connection>();
  readonly #resumes = new Map<string, Member>();
  readonly #media = new Map<string, { audio: boolean | null; video: boolean | null; screen: boolean | null }>();
  #count = 0;

  constructor(serveFile?: (path: string, response: ServerResponse) => void) {
    this.#http = createServer((request, response) => {
      void this.#answer(request, response, serveFile).catch(() => response.destroy());
    });
    this.#sockets = new WebSocketServer({ noServer: true });
    this.#http.on("upgrade", (request, socket, head) => {
      if (this.away) return socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#attend(opened));
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#http.listen(port, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  ofType(type: string): Received[] {
    return this.facts.filter((fact) => fact.type === type);
  }

  get openSockets(): number {
    return [...this.#connections.values()].filter(({ socket }) => socket).length;
  }

  /** Close every socket with this code; null cuts them. */
  closeSockets(code: number | null): void {
    for (const connection of this.#connections.values()) {
      if (code === null) connection.socket?.terminate();
      else connection.socket?.close(code);
    }
  }

  tellAll(message: Record<string, unknown>): void {
    for (const { socket } of this.#connections.values()) socket?.send(JSON.stringify(message));
  }

  /** The record changed. */
  changed(): void {
    this.version += 1;
    for (const { socket, member } of this.#connections.values()) {
      if (!member.waits) socket?.send(JSON.stringify({ type: "call", version: this.version, call: this.view(member.host) }));
    }
  }

  endCall(reason = "normal"): void {
    this.status = "ended";
    this.endReason = reason;
    this.changed();
    this.closeSockets(4409);
  }

  /** Let somebody in who waits. */
  letIn(participant: string): void {
    for (const connection of this.#of(participant)) {
      connection.member.waits = false;
      if (connection.status === "waiting") connection.status = "connecting";
      connection.socket?.send(
        JSON.stringify({
          type: "admitted",
          ice_servers: this.iceServers,
          connect_until: new Date(Date.now() + 120_000).toISOString(),
          settings: { chat_enabled: false },
          call: this.view(),
          online: this.#presence(),
        }),
      );
    }
    this.changed();
    this.#tellPresence();
  }

  /** Send somebody away who waits. */
  sendAway(participant: string): void {
    for (const connection of this.#of(participant)) {
      connection.member.refused = true;
      connection.status = "refused";
      connection.socket?.send(JSON.stringify({ type: "out", code: "join.refused", detail: "You were not let in." }));
      connection.socket?.close(4403);
    }
    this.changed();
  }

  #of(participant: string): Connection[] {
    return [...this.#connections.values()].filter(({ member }) => member.id === participant);
  }

  /** As a host sees the call, or as the others do: who waits is shown to hosts alone. */
  view(asHost = false): CallView {
    const seen = [...this.#connections.values()].filter(({ member, status }) => asHost || !(member.waits || status === "refused"));
    const members = new Map(seen.map(({ member }) => [member.id, member]));
    return {
      id: this.callId,
      version: this.version,
      status: this.status,
      type: "video",
      mode: "p2p",
      room: "room-0",
      started_at: this.startedAt,
      ended_at: null,
      end_reason: this.endReason,
      settings: {},
      participants: [...members.values()].map((member) => {
        const connections = [...this.#connections.values()].filter((one) => one.member.id === member.id).map(({ id, status }) => ({ id, status }));
        const media = this.#media.get(member.id);
        return {
          id: member.id,
          display_name: member.name,
          role: "client",
          side: null,
          host: member.host,
          status: connections.at(-1)?.status ?? "connecting",
          audio_enabled: media?.audio ?? null,
          video_enabled: media?.video ?? null,
          screen_shared: media?.screen ?? null,
          connections,
        };
      }),
    };
  }

  newJoin(name: string | null = null, host = false, waits = false): JoinAnswer {
    return this.#admit({ id: this.#id(), name, host, waits, refused: false });
  }

  /** Another device of somebody who is here already. */
  newDevice(of: JoinAnswer): JoinAnswer {
    return this.#admit([...this.#connections.values()].find(({ id }) => id === of.connection)!.member);
  }

  #id(): string {
    this.#count += 1;
    return `0193a1c0-0000-7000-8000-${String(this.#count + 100).padStart(12, "0")}`;
  }

  #admit(member: Member): JoinAnswer {
    const connection: Connection = { id: this.#id(), token: `cwc_${++this.#count}`, member, status: member.waits ? "waiting" : "connecting", socket: null };
    this.#connections.set(connection.id, connection);
    const resume = `cwr_${++this.#count}`;
    this.#resumes.set(resume, member);
    if (member.waits) this.changed();
    return {
      ...(member.waits && { waiting: true }),
      call_id: this.callId,
      room: "room-0",
      type: "video",
      mode: "p2p",
      engine: { kind: "p2p" },
      participant: { id: member.id, identity: `guest:${member.id}`, display_name: member.name, role: "client", side: null, host: member.host },
      connection: connection.id,
      token: connection.token,
      connect_until: new Date(Date.now() + 120_000).toISOString(),
      report_until: new Date(Date.now() + 3_600_000).toISOString(),
      resume,
      socket: "/v1/socket",
      ice_servers: member.waits ? [] : this.iceServers,
      settings: { heartbeat_seconds: this.heartbeatSeconds, chat_enabled: true, screen_share_enabled: true, sample_seconds: 10 },
      server_time: new Date().toISOString(),
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse, serveFile?: (path: string, response: ServerResponse) => void): Promise<void> {
    const path = new URL(request.url ?? "/", "http://here").pathname;
    if (request.method === "GET" && serveFile) return serveFile(path, response);
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text || "{}") as Record<string, unknown>;
    const say = (status: number, answer: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    };
    if (path === "/v1/join") {
      this.joins.push(body);
      const refusal = this.joinRefusals[String(body["invite"])];
      if (refusal) return say(refusal.status, refusal.body);
      const invite = String(body["invite"]);
      return say(201, this.newJoin((body["display_name"] as string | undefined) ?? null, invite.includes("host"), invite.includes("wait")));
    }
    if (path === "/v1/join/resume") {
      const member = this.#resumes.get(String(body["resume"]));
      if (this.resumeRefusal) return say(403, this.resumeRefusal);
      if (member?.refused) return say(403, { code: "join.refused", detail: "You were not let in." });
      if (!member || this.status === "ended") return say(403, { code: "join.resume_invalid", detail: "This call is over." });
      for (const connection of this.#connections.values()) {
        if (connection.member === member && connection.status !== "left") connection.status = "left";
      }
      return say(201, this.#admit(member));
    }
    const speaker = [...this.#connections.values()].find(({ token }) => request.headers.authorization === `Bearer ${token}`);
    if (!speaker) return say(401, { code: "access.token_invalid" });
    if (path.endsWith("/end")) {
      this.ended += 1;
      if (!speaker.member.host) return say(403, { code: "access.forbidden", detail: "Only a host may end the call." });
      say(200, {});
      return this.endCall();
    }
    const [, participant, verdict] = /\/participants\/(.+)\/(admit|refuse)$/.exec(path) ?? [];
    if (participant) {
      if (!speaker.member.host) return say(403, { code: "access.forbidden", detail: "Only a host may." });
      if (this.admitRefusal) return say(this.admitRefusal.status, this.admitRefusal.body);
      if (verdict === "admit") this.letIn(participant);
      else this.sendAway(participant);
      return say(200, {});
    }
    if (path === "/v1/samples") {
      const samples = body["samples"] as SampleFact[];
      const fault = this.samplePostFault?.(samples);
      if (fault) return say(fault.status, fault.body ?? {});
      return say(200, { outcomes: this.#keep(samples, speaker, "post", 500) });
    }
    const facts = body["events"] as Fact[];
    const fault = this.postFault?.(facts);
    if (fault) return say(fault.status, fault.body ?? {}, fault.headers);
    say(200, { outcomes: this.#store(facts, speaker, "post") });
  }

  #store(facts: Fact[], from: Connection, via: "socket" | "post") {
    const outcomes = facts.map((fact) => {
      this.arrivals.push(fact.id);
      const code = from.member.waits && fact.type !== "participant.left" ? "event.waiting" : this.rejects?.(fact);
      if (code) return { id: fact.id, outcome: "rejected", code };
      if (this.facts.some(({ id }) => id === fact.id)) return { id: fact.id, outcome: "duplicate" };
      this.facts.push({ ...fact, connection: from.id, via });
      this.#fold(fact, from);
      return { id: fact.id, outcome: "stored" };
    });
    setImmediate(() => this.changed());
    return outcomes;
  }

  /** As the real one: each sample judged by itself, whatever is not of a sample's own is refused. */
  #keep(samples: SampleFact[], from: Connection, via: "socket" | "post", most: number) {
    if (samples.length > most) throw new Error(`${samples.length} samples at once are too many.`);
    return samples.map((sample) => {
      const strange = Object.entries(sample).some(([name, value]) => !SAMPLE_MEMBERS.has(name) || value === null);
      const wrong = strange || !(sample.interval_ms >= 1 && sample.interval_ms <= 60_000) || !/Z$/.test(sample.started_at) || sample.id[14] !== "7";
      if (wrong) return { id: sample.id, outcome: "rejected", code: "sample.invalid" };
      if (this.samples.some(({ id }) => id === sample.id)) return { id: sample.id, outcome: "duplicate" };
      this.samples.push({ ...sample, connection: from.id, via });
      return { id: sample.id, outcome: "stored" };
    });
  }

  #fold({ type, data }: Fact, from: Connection): void {
    if (type === "participant.connected" || type === "participant.reconnected") {
      from.status = "connected";
      this.status = "active";
      this.startedAt ??= new Date().toISOString();
    } else if (type === "participant.disconnected") from.status = "disconnected";
    else if (type === "participant.left") from.status = "left";
    else if (type === "media.changed") {
      const media = this.#media.get(from.member.id) ?? { audio: null, video: null, screen: null };
      if (typeof data["audio_enabled"] === "boolean") media.audio = data["audio_enabled"];
      if (typeof data["video_enabled"] === "boolean") media.video = data["video_enabled"];
      if (typeof data["screen_shared"] === "boolean") media.screen = data["screen_shared"];
      this.#media.set(from.member.id, media);
    }
  }

  #presence(): { connection: string; participant: string }[] {
    const here = [...this.#connections.values()].filter(({ socket, member }) => socket && !member.waits);
    return here.map(({ id, member }) => ({ connection: id, participant: member.id }));
  }

  #tellPresence(): void {
    for (const { socket, member } of this.#connections.values()) {
      if (!member.waits) socket?.send(JSON.stringify({ type: "presence", online: this.#presence() }));
    }
  }

  #attend(socket: WebSocket): void {
    let connection: Connection | undefined;
    const say = (message: Record<string, unknown>) => socket.send(JSON.stringify(message));
    say({ type: "challenge", at: Date.now() });
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as Record<string, unknown>;
      switch (message["type"]) {
        case "hello": {
          this.hellos += 1;
          connection = [...this.#connections.values()].find(({ token }) => token === message["token"]);
          if (connection?.member.refused) return socket.close(4403);
          if (!connection || connection.status === "left") return socket.close(connection ? 4409 : 4401);
          connection.socket?.close(4409);
          connection.socket = socket;
          say({
            type: "welcome",
            server_time: new Date().toISOString(),
            connection: connection.id,
            participant: connection.member.id,
            heartbeat_seconds: this.heartbeatSeconds,
            ...(connection.member.waits ? { waiting: true } : { call: this.view(connection.member.host), online: this.#presence() }),
          });
          return this.#tellPresence();
        }
        case "heartbeat":
          this.heartbeats += 1;
          if (!this.deaf) say({ type: "heartbeat", server_time: new Date().toISOString() });
          return;
        case "events": {
          const facts = message["events"] as Fact[];
          const fault = this.socketFault?.(facts);
          if (fault === "silence") return;
          if (fault && "retry" in fault) return say({ type: "retry", seq: message["seq"], after_ms: fault.retry, code: "busy" });
          if (fault) return socket.close(fault.close);
          return say({ type: "outcomes", seq: message["seq"], outcomes: this.#store(facts, connection!, "socket") });
        }
        case "samples": {
          const samples = message["samples"] as SampleFact[];
          const fault = this.sampleSocketFault?.(samples);
          if (fault === "silence") return;
          if (fault && "retry" in fault) return say({ type: "retry", seq: message["seq"], after_ms: fault.retry, code: "busy" });
          if (fault) return socket.close(fault.close);
          return say({ type: "outcomes", seq: message["seq"], outcomes: this.#keep(samples, connection!, "socket", 100) });
        }
        case "signal": {
          this.signals += 1;
          const to = this.#connections.get(String(message["to"]));
          if (to?.socket) to.socket.send(JSON.stringify({ type: "signal", from: connection!.id, body: message["body"] }));
          else say({ type: "unreachable", to: message["to"] });
          return;
        }
        case "resync":
          return say({ type: "call", version: this.version, call: this.view(connection?.member.host) });
      }
    });
    socket.on("close", () => {
      if (connection?.socket !== socket) return;
      connection.socket = null;
      this.#tellPresence();
    });
  }
}
