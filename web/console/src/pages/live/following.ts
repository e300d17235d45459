/** The live socket: opened with a token of the session, opened again whenever it closes, told which versions are here already. */
import { heard, EMPTY, type Message, versionsOf, type Wall } from "./wall.js";

export type Line =
  | { state: "connecting" }
  | { state: "live" }
  /** Closed; it is tried again then. */
  | { state: "lost"; since: number; again: number }
  /** Who signed in may not follow calls, or not any more. */
  | { state: "refused" };

export interface Shown {
  wall: Wall;
  line: Line;
}

const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** What is heard within so long is shown at once: a hundred calls that change do not draw the page a hundred times. */
const TOGETHER_MS = 60;
const MAY_NOT = 4403;

export class Following {
  private wall = EMPTY;
  private line: Line = { state: "connecting" };
  private socket: WebSocket | null = null;
  private tries = 0;
  private isOver = false;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private drawing: ReturnType<typeof setTimeout> | undefined;
  private lastHeard = 0;

  constructor(
    private readonly token: () => Promise<string>,
    private readonly open: (url: string) => WebSocket,
    private readonly show: (shown: Shown) => void,
  ) {}

  begin(): void {
    this.isOver = false;
    void this.connect();
  }

  end(): void {
    this.isOver = true;
    clearTimeout(this.retry);
    clearTimeout(this.drawing);
    clearInterval(this.heartbeat);
    this.socket?.close();
  }

  /** Somebody does not want to wait. */
  tryNow(): void {
    clearTimeout(this.retry);
    void this.connect();
  }

  private async connect(): Promise<void> {
    this.tell({ state: "connecting" });
    let token: string;
    try {
      token = await this.token();
    } catch (why) {
      if (isRefusal(why)) this.tell({ state: "refused" });
      else this.lost();
      return;
    }
    if (this.isOver) return;
    const socket = (this.socket = this.open(address()));
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
    socket.onmessage = (event) => this.socket === socket && this.hear(JSON.parse(String(event.data)) as Message);
    socket.onclose = (event) => {
      if (this.socket !== socket || this.isOver) return;
      clearInterval(this.heartbeat);
      if (event.code === MAY_NOT && event.reason === "not allowed") this.tell({ state: "refused" });
      else this.lost();
    };
  }

  private hear(message: Message): void {
    this.lastHeard = Date.now();
    if (message.type === "welcome") {
      this.tries = 0;
      const every = message.heartbeat_seconds * 1000;
      clearInterval(this.heartbeat);
      this.heartbeat = setInterval(() => {
        // A line that is dead without a word is let go, and made again.
        if (Date.now() - this.lastHeard > 3 * every) this.socket?.close();
        else this.socket?.send(JSON.stringify({ type: "heartbeat" }));
      }, every);
      this.socket?.send(JSON.stringify({ type: "subscribe", id: "wall", active: true, since: versionsOf(this.wall) }));
      return;
    }
    if (message.type === "current") this.tell({ state: "live" });
    const wall = heard(this.wall, message);
    if (wall === this.wall) return;
    this.wall = wall;
    this.drawing ??= setTimeout(() => {
      this.drawing = undefined;
      this.show({ wall: this.wall, line: this.line });
    }, TOGETHER_MS);
  }

  private lost(): void {
    if (this.isOver) return;
    const wait = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    const since = this.line.state === "lost" ? this.line.since : Date.now();
    this.tell({ state: "lost", since, again: Date.now() + wait });
    this.retry = setTimeout(() => void this.connect(), wait);
  }

  private tell(line: Line): void {
    this.line = line;
    this.show({ wall: this.wall, line });
  }
}

function isRefusal(why: unknown): boolean {
  const status = (why as { status?: unknown }).status;
  return status === 401 || status === 403;
}

function address(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/live`;
}
