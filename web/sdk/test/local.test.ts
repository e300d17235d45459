import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LocalMedia } from "../src/local.js";

class Track extends EventTarget {
  enabled = true;
  readyState = "live";
  contentHint = "";
  constructor(readonly kind: string) {
    super();
  }
  stop(): void {
    this.readyState = "ended";
  }
}

let asked: MediaStreamConstraints[];
let given: Track[];
let refuse: (wanted: MediaStreamConstraints) => string | null;
let delay: (() => Promise<void>) | null;

beforeEach(() => {
  asked = [];
  given = [];
  refuse = () => null;
  delay = null;
  const stream = (kinds: string[]) => {
    const tracks = kinds.map((kind) => new Track(kind));
    given.push(...tracks);
    const of = (kind: string) => tracks.filter((track) => track.kind === kind);
    return { getTracks: () => tracks, getVideoTracks: () => of("video"), getAudioTracks: () => of("audio") };
  };
  vi.stubGlobal("navigator", {
    mediaDevices: {
      getUserMedia: async (wanted: MediaStreamConstraints) => {
        asked.push(wanted);
        await delay?.();
        const refusal = refuse(wanted);
        if (refusal) throw new DOMException("no", refusal);
        return stream([...(wanted.video ? ["video"] : []), ...(wanted.audio ? ["audio"] : [])]);
      },
      getDisplayMedia: () => {
        const refusal = refuse({});
        return refusal ? Promise.reject(new DOMException("no", refusal)) : Promise.resolve(stream(["video"]));
      },
    },
  });
});

afterEach(() => vi.unstubAllGlobals());

test("both are asked for in one question", async () => {
  const local = new LocalMedia();
  await local.open({ camera: true, microphone: true });
  expect(asked).toHaveLength(1);
  expect(local.state).toEqual({ camera: "on", microphone: "on", screenShared: false });
});

test("camera off lets the camera go, mute keeps the microphone open and silent", async () => {
  const local = new LocalMedia();
  await local.open({ camera: true, microphone: true });
  const [camera, microphone] = given;
  await local.setCamera(false);
  await local.setMicrophone(false);
  expect([camera!.readyState, local.video]).toEqual(["ended", null]);
  expect([microphone!.readyState, microphone!.enabled, local.audio]).toEqual(["live", false, microphone]);
  await local.setMicrophone(true);
  await local.setCamera(true);
  expect(asked).toHaveLength(2);
  expect([microphone!.enabled, local.state.camera]).toEqual([true, "on"]);
});

test("when one is not to be had the other is, and why is told", async () => {
  refuse = ({ video }) => (video ? "NotFoundError" : null);
  const local = new LocalMedia();
  await local.open({ camera: true, microphone: true });
  expect(local.state).toMatchObject({ camera: "missing", microphone: "on" });
  refuse = () => "NotAllowedError";
  await local.setCamera(true);
  expect(local.state.camera).toBe("denied");
  refuse = () => "NotReadableError";
  await local.setCamera(true);
  expect(local.state.camera).toBe("busy");
});

test("a camera that comes after it was turned off again is let go at once", async () => {
  let come: () => void = () => undefined;
  delay = () => new Promise((resolve) => (come = resolve));
  const local = new LocalMedia();
  const opening = local.setCamera(true);
  await local.setCamera(false);
  come();
  await opening;
  expect(local.state.camera).toBe("off");
  expect(given.map(({ readyState }) => readyState)).toEqual(["ended"]);
});

test("the screen takes the camera's place and gives it back, also when sharing is ended from outside the page", async () => {
  const local = new LocalMedia();
  await local.setCamera(true);
  const camera = local.video;
  expect(await local.shareScreen()).toBe(true);
  expect(local.video).toBe(local.screen);
  expect(local.state.screenShared).toBe(true);
  local.screen!.dispatchEvent(new Event("ended"));
  expect([local.video, local.state.screenShared]).toEqual([camera, false]);
});

test("who changes their mind about sharing is not troubled with an error", async () => {
  refuse = () => "NotAllowedError";
  const local = new LocalMedia();
  expect(await local.shareScreen()).toBe(false);
  refuse = () => "NotSupportedError";
  await expect(local.shareScreen()).rejects.toThrow();
});

test("a device that is pulled out is missing, and everything is let go at the end", async () => {
  const local = new LocalMedia();
  await local.open({ camera: true, microphone: true });
  local.camera!.dispatchEvent(new Event("ended"));
  expect(local.state.camera).toBe("missing");
  local.close();
  expect(given.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
});

test("where there are no devices at all nothing throws", async () => {
  vi.stubGlobal("navigator", {});
  const local = new LocalMedia();
  await local.open({ camera: true, microphone: true });
  expect(local.state).toMatchObject({ camera: "missing", microphone: "missing" });
});
