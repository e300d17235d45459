import type { LocalMedia, LocalState, P2pMedia, Session } from "@callwell/sdk";
import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";

export function useLocal(local: LocalMedia): LocalState {
  const subscribe = useCallback((changed: () => void) => local.onChange(changed), [local]);
  return useSyncExternalStore(subscribe, () => local.state);
}

/** Render again with every change of the session or its media; what changed is read from them. */
export function useChanges(session: Session, media: P2pMedia): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const again = () => setCount((count) => count + 1);
    const stop = [session.on("call", again), session.on("state", again), session.on("presence", again), media.onChange(again)];
    again();
    return () => {
      for (const unsubscribe of stop) unsubscribe();
    };
  }, [session, media]);
}

/** Whether the session's socket is open. */
export function useOnline(session: Session): boolean {
  const subscribe = useCallback((changed: () => void) => session.on("state", changed), [session]);
  return useSyncExternalStore(subscribe, () => session.online);
}

/** The present time, anew every `ms`. */
export function useNow(ms: number, now: () => number = Date.now): number {
  const [time, setTime] = useState(now);
  const tick = useEffectEvent(() => setTime(now()));
  useEffect(() => {
    const timer = setInterval(() => tick(), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return time;
}

/** The devices to choose from; they have names only once one of their kind may be used. */
export function useDeviceList(local: LocalState): MediaDeviceInfo[] {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) return;
    let current = true;
    const list = () =>
      void media.enumerateDevices().then(
        (found) => {
          if (current) setDevices(found.filter(({ deviceId }) => deviceId !== ""));
        },
        () => undefined,
      );
    list();
    media.addEventListener("devicechange", list);
    return () => {
      current = false;
      media.removeEventListener("devicechange", list);
    };
  }, [local.camera, local.microphone]);
  return devices;
}

/** Calls back with the loudness, 0 to 1, some twenty times a second. */
export function useLevel(track: MediaStreamTrack | null, show: (level: number) => void): void {
  const tell = useEffectEvent(show);
  useEffect(() => {
    if (!track || typeof AudioContext === "undefined") {
      tell(0);
      return;
    }
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      // From -60 dB, silence in a room, to -10 dB, which is loud.
      const decibels = 10 * Math.log10(power + 1e-10);
      tell(track.enabled ? Math.min(1, Math.max(0, (decibels + 60) / 50)) : 0);
    }, 50);
    // Some browsers hold sound processing until the person does something.
    const wake = () => void context.resume().catch(() => undefined);
    addEventListener("pointerdown", wake);
    addEventListener("keydown", wake);
    return () => {
      clearInterval(timer);
      removeEventListener("pointerdown", wake);
      removeEventListener("keydown", wake);
      void context.close().catch(() => undefined);
    };
  }, [track]);
}
