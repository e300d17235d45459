/** How something stands; each tone has a colour, and never the colour alone. */
export type Tone = "neutral" | "info" | "good" | "fair" | "bad";

const TONES: Record<string, Tone> = {
  ...{ active: "info", in_progress: "info", live: "info", connected: "info", ringing: "info", connecting: "info", open: "info" },
  ...{ completed: "good", confirmed: "good", final: "good", excellent: "good", good: "good" },
  ...{ pending: "fair", waiting: "fair", initiated: "neutral", provisional: "neutral", fair: "fair", disconnected: "fair", expired: "fair" },
  ...{ failed: "bad", no_show: "bad", refused: "bad", poor: "bad", disabled: "bad", revoked: "bad" },
};

export function toneOf(word: string | null | undefined): Tone {
  return TONES[word ?? ""] ?? "neutral";
}
