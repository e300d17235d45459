import { retryAfter } from "./backoff.js";
import { address, type Device, type JoinAnswer } from "./protocol.js";

const PATIENCE_MS = 15_000;

/** The server said no. `detail` is a sentence that may be shown to the person. */
export class JoinRefused extends Error {
  override readonly name = "JoinRefused";

  constructor(
    readonly code: string,
    readonly detail: string,
    /** For `join.too_early`: when the doors open. */
    readonly opensAt?: Date,
    /** How long that is from now, by the server's clock: this device's own may be wrong. */
    readonly opensInMs?: number,
    /** All that the server said: what else belongs to a code stands in `docs/reference/protocol.md`. */
    readonly problem: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }
}

/** No answer came, or none that could be understood. Trying again later may help. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(
    detail: string,
    /** The server asked to be left alone for so long. */
    readonly retryAfterMs = 0,
  ) {
    super(detail);
  }
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
  consent?: { recording?: boolean };
}

/** Use an invite. Rejects with `JoinRefused` or `Unreachable`. */
export function askToJoin(url: string, request: JoinRequest): Promise<JoinAnswer> {
  return exchange(url, "/v1/join", {
    invite: request.invite,
    ...(request.displayName && { display_name: request.displayName }),
    ...(request.device && { device: request.device }),
    ...(request.audioOption && { audio_option: request.audioOption }),
    ...(request.metadata && { metadata: request.metadata }),
    ...(request.consent && { consent: request.consent }),
  });
}

/** Ask for another connection of the same participant. Rejects with `JoinRefused` or `Unreachable`. */
export function askToResume(url: string, { resume, consent }: { resume: string; consent?: JoinRequest["consent"] }): Promise<JoinAnswer> {
  return exchange(url, "/v1/join/resume", { resume, ...(consent && { consent }) });
}

async function exchange(url: string, path: string, body: Record<string, unknown>): Promise<JoinAnswer> {
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(address(url, path), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    answer = await response.json().catch(() => null);
  } catch {
    throw new Unreachable("The server did not answer.");
  }
  if (response.ok && isObject(answer) && typeof answer["token"] === "string") return answer as unknown as JoinAnswer;
  if (response.ok || response.status >= 500 || !isObject(answer) || typeof answer["code"] !== "string") {
    throw new Unreachable(`The server answered ${response.status}.`, retryAfter(response.headers.get("retry-after")));
  }
  const opensAt = Date.parse(String(answer["opens_at"]));
  const serverNow = Date.parse(response.headers.get("date") ?? "") || Date.now();
  throw new JoinRefused(
    answer["code"],
    typeof answer["detail"] === "string" ? answer["detail"] : "You cannot join this call.",
    Number.isNaN(opensAt) ? undefined : new Date(opensAt),
    Number.isNaN(opensAt) ? undefined : opensAt - serverNow,
    answer,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
