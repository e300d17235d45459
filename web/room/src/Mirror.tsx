import { useMemo, useRef } from "react";
import { useDeviceList, useLevel, useLocal } from "./hooks.js";
import { CameraOff, CameraOn, MicOff, MicOn } from "./icons.js";
import styles from "./Lobby.module.css";
import { text } from "./text.js";
import { Toggle } from "./Toggle.js";
import { Video } from "./Video.js";
import type { Visit } from "./visit.js";

const words = text.preview;

/** One's own picture and sound, as they will be in the call, and what can be done about them. */
export function Mirror({ visit }: { visit: Visit }) {
  const { local } = visit;
  const state = useLocal(local);
  const { camera } = local;
  const stream = useMemo(() => (camera ? new MediaStream([camera]) : null), [camera]);
  const cameraOn = state.camera === "on" || state.camera === "starting";
  const micOn = state.microphone === "on" || state.microphone === "starting";

  return (
    <section className={styles.mirror} aria-label={words.camera}>
      <div className={styles.picture}>
        <Video stream={stream} mirrored label={text.call.you} testId="local-video" className={styles.video} />
        {!stream && <p className={styles.noPicture}>{state.camera === "starting" ? words.cameraStarting : words.cameraIsOff}</p>}
        <div className={styles.toggles}>
          <Toggle on={micOn} testId="toggle-mic" labels={[text.control.unmute, text.control.mute]} icons={[MicOff, MicOn]} set={(on) => void local.setMicrophone(on)} />
          <Toggle on={cameraOn} testId="toggle-camera" labels={[text.control.cameraOn, text.control.cameraOff]} icons={[CameraOff, CameraOn]} set={(on) => void local.setCamera(on)} />
        </div>
      </div>
      <Level track={state.microphone === "on" ? local.audio : null} muted={state.microphone === "off"} />
      <Trouble kind="camera" state={state.camera} />
      <Trouble kind="microphone" state={state.microphone} />
    </section>
  );
}

export function DeviceChoices({ visit }: { visit: Visit }) {
  const devices = useDeviceList(useLocal(visit.local));
  const chosen = visit.devices;
  const speakers = "setSinkId" in HTMLMediaElement.prototype ? devices.filter(({ kind }) => kind === "audiooutput") : [];
  const choices = [
    { word: words.camera, name: "camera" as const, devices: devices.filter(({ kind }) => kind === "videoinput") },
    { word: words.microphone, name: "microphone" as const, devices: devices.filter(({ kind }) => kind === "audioinput") },
    { word: words.speaker, name: "speaker" as const, devices: speakers },
  ].filter(({ devices }) => devices.length > 0);

  return choices.map(({ word, name, devices }) => (
    <label key={name} className={styles.field}>
      <span>{word}</span>
      <select value={devices.find(({ deviceId }) => deviceId === chosen[name])?.deviceId ?? devices[0]!.deviceId} onChange={(event) => void visit.choose({ [name]: event.target.value })}>
        {devices.map(({ deviceId, label }) => (
          <option key={deviceId} value={deviceId}>
            {label || words.systemDefault}
          </option>
        ))}
      </select>
    </label>
  ));
}

function Level({ track, muted }: { track: MediaStreamTrack | null; muted: boolean }) {
  const bar = useRef<HTMLDivElement>(null);
  useLevel(track, (level) => {
    if (!bar.current) return;
    bar.current.style.transform = `scaleX(${level.toFixed(3)})`;
    bar.current.parentElement?.setAttribute("aria-valuenow", String(Math.round(level * 100)));
  });
  return (
    <div className={styles.level}>
      <span className={styles.levelWord}>{muted ? words.muted : words.level}</span>
      <div className={styles.levelTrack} role="meter" aria-label={words.level} aria-valuemin={0} aria-valuemax={100} aria-valuenow={0}>
        <div className={styles.levelBar} ref={bar} />
      </div>
    </div>
  );
}

function Trouble({ kind, state }: { kind: "camera" | "microphone"; state: string }) {
  const sentences: Record<string, string> = text.device[kind];
  const sentence = sentences[state];
  return sentence ? (
    <p className={styles.trouble} role="status" data-testid={`${kind}-trouble`}>
      {sentence}
    </p>
  ) : null;
}
