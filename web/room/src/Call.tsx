import type { CallView, P2pMedia, ParticipantView, RemotePeer, Session } from "@callwell/sdk";
import { useMemo, useRef, useState, type RefObject } from "react";
import styles from "./Call.module.css";
import { useChanges, useLocal, useNow } from "./hooks.js";
import { CameraOff, CameraOn, Everyone, Flag, HangUp, MicOff, MicOn, Screen, Sound } from "./icons.js";
import { clock, text } from "./text.js";
import { Tile, type Quality } from "./Tile.js";
import { Toggle } from "./Toggle.js";
import type { Visit } from "./visit.js";
import { WaitingList } from "./WaitingList.js";

interface Props {
  visit: Visit;
  session: Session;
  media: P2pMedia;
}

type Condition = "waiting" | "connecting" | "connected" | "reconnecting";

export function Call({ visit, session, media }: Props) {
  useChanges(session, media);
  const [blocked, setBlocked] = useState<readonly (() => void)[]>([]);
  const condition = conditionOf(session, media);
  // Somebody who crashed and came back as another leaves an empty tile for a while: only show it while it is all there is.
  const reached = media.peers.filter(({ connected }) => connected);
  const peers = reached.length > 0 ? reached : media.peers;
  const serverLost = !session.online && session.sinceStart !== null && session.sinceStart > 3_000;

  return (
    <main className={styles.page} data-testid="call">
      <header className={styles.bar}>
        <h1 className={styles.unseen} tabIndex={-1} data-screen-title>
          {text.call.title}
        </h1>
        <p className={styles.condition} data-state={condition} data-testid="connection-state" role="status">
          <span className={styles.dot} aria-hidden="true" />
          {text.call[condition]}
        </p>
        <Timer session={session} />
      </header>

      {session.participant.host && (
        <div className={styles.waitingList}>
          <WaitingList session={session} />
        </div>
      )}

      {(condition === "reconnecting" || serverLost) && (
        <p className={styles.banner} role="alert" data-testid="reconnecting">
          <span className={styles.spinner} aria-hidden="true" />
          {media.path === "connected" ? text.call.serverLost : text.call.mediaLost}
        </p>
      )}

      {media.struggling && (
        <p className={styles.banner} role="alert" data-testid="struggling">
          {text.call.struggling}
        </p>
      )}

      <section className={styles.stage} data-count={Math.min(peers.length, 5)}>
        {peers.length === 0 ? (
          <div className={styles.alone}>
            <p className={styles.aloneTitle}>{text.call.waiting}</p>
            <p>{session.waiting.length > 0 ? text.call.waitingToAdmit : session.call?.started_at ? text.call.waitingAgain : text.call.waitingLead}</p>
          </div>
        ) : (
          peers.map((peer) => (
            <RemoteTile
              key={peer.connection}
              peer={peer}
              who={participantOf(session.call, peer)}
              quality={qualityOf(session, peer.connection)}
              speaker={visit.devices.speaker}
              onBlocked={(play) => setBlocked((all) => [...all, play])}
            />
          ))
        )}
        <OwnTile visit={visit} session={session} />
      </section>

      {blocked.length > 0 && (
        <div className={styles.blocked} role="alert">
          <span>{text.call.soundBlocked}</span>
          <button
            type="button"
            onClick={() => {
              for (const play of blocked) play();
              setBlocked([]);
            }}
          >
            <Sound /> {text.call.turnOnSound}
          </button>
        </div>
      )}

      <Controls visit={visit} session={session} />
    </main>
  );
}

function conditionOf(session: Session, media: P2pMedia): Condition {
  if (media.path === "reconnecting") return "reconnecting";
  if (media.path === "connected") return session.online ? "connected" : "reconnecting";
  if (media.path === "waiting" && session.online) return "waiting";
  return session.state === "connected" && !session.online ? "reconnecting" : "connecting";
}

function participantOf(call: CallView | null, peer: RemotePeer): ParticipantView | null {
  return call?.participants.find(({ id }) => id === peer.participant) ?? null;
}

function qualityOf(session: Session, connection: string): Quality | null {
  const category = session.present.find((one) => one.connection === connection)?.quality?.category;
  return category === undefined || category === "unknown" ? null : category;
}

function Timer({ session }: { session: Session }) {
  const now = useNow(250, () => session.now());
  const startedAt = session.call?.started_at ? Date.parse(session.call.started_at) : null;
  return (
    <p className={styles.timer} role="timer" aria-label={text.call.timer} data-testid="timer">
      {clock(startedAt === null ? 0 : (now - startedAt) / 1000)}
    </p>
  );
}

function RemoteTile({
  peer,
  who,
  quality,
  speaker,
  onBlocked,
}: {
  peer: RemotePeer;
  who: ParticipantView | null;
  quality: Quality | null;
  speaker: string | undefined;
  onBlocked: (play: () => void) => void;
}) {
  const shared = who?.screen_shared ?? false;
  return (
    <Tile
      stream={peer.stream}
      name={who?.display_name ?? text.call.guest}
      // Unknown is shown: the picture itself tells soon enough.
      picture={shared || who?.video_enabled !== false}
      muted={who?.audio_enabled === false}
      whole={shared}
      dimmed={!peer.connected}
      quality={quality}
      sound
      speaker={speaker}
      testId="remote-video"
      onBlocked={onBlocked}
    />
  );
}

function OwnTile({ visit, session }: { visit: Visit; session: Session }) {
  const { local } = visit;
  const state = useLocal(local);
  const track = local.video;
  const stream = useMemo(() => (track ? new MediaStream([track]) : null), [track]);
  return (
    <div className={styles.own}>
      <Tile
        stream={stream}
        name={state.screenShared ? text.call.yourScreen : text.call.you}
        initial={session.participant.display_name ?? text.call.you}
        picture={stream !== null}
        muted={state.microphone !== "on" && state.microphone !== "starting"}
        whole={state.screenShared}
        mirrored={!state.screenShared}
        quality={qualityOf(session, session.connection)}
        testId="local-video"
        small
      />
    </div>
  );
}

function Controls({ visit, session }: { visit: Visit; session: Session }) {
  const { local } = visit;
  const state = useLocal(local);
  const [notice, setNotice] = useState<string | null>(null);
  const report = useRef<HTMLDialogElement>(null);
  const endForAll = useRef<HTMLDialogElement>(null);
  const mayShare = session.settings.screen_share_enabled !== false && "getDisplayMedia" in ((navigator.mediaDevices as MediaDevices | undefined) ?? {});
  const camera: Record<string, string> = text.device.camera;
  const microphone: Record<string, string> = text.device.microphone;
  const trouble = camera[state.camera] ?? microphone[state.microphone] ?? notice;

  const share = async (on: boolean) => {
    setNotice(null);
    if (!on) return local.stopScreen();
    await local.shareScreen().catch(() => setNotice(text.call.shareFailed));
  };

  return (
    <footer className={styles.controls}>
      {trouble && (
        <p className={styles.notice} role="status">
          {trouble}
        </p>
      )}
      <div className={styles.buttons}>
        <Toggle
          wide
          on={state.microphone === "on" || state.microphone === "starting"}
          testId="toggle-mic"
          labels={[text.control.unmute, text.control.mute]}
          icons={[MicOff, MicOn]}
          set={(on) => void local.setMicrophone(on)}
        />
        <Toggle
          wide
          on={state.camera === "on" || state.camera === "starting"}
          testId="toggle-camera"
          labels={[text.control.cameraOn, text.control.cameraOff]}
          icons={[CameraOff, CameraOn]}
          set={(on) => void local.setCamera(on)}
        />
        {mayShare && (
          <Toggle wide calm on={state.screenShared} testId="toggle-share" labels={[text.control.share, text.control.stopSharing]} icons={[Screen, Screen]} set={(on) => void share(on)} />
        )}
        <button type="button" className={styles.quiet} title={text.control.report} aria-label={text.control.report} data-testid="report" onClick={() => report.current?.showModal()}>
          <Flag />
        </button>
        <span className={styles.gap} />
        {session.participant.host && (
          <button type="button" className={styles.endForAll} data-testid="end-for-all" title={text.control.endForAll} onClick={() => endForAll.current?.showModal()}>
            <Everyone />
            <span>{text.control.endForAll}</span>
          </button>
        )}
        <button type="button" className={styles.hangUp} data-testid="hang-up" aria-label={text.control.leave} title={text.control.leave} onClick={() => void visit.leave()}>
          <HangUp />
          <span aria-hidden="true">{text.control.leave}</span>
        </button>
      </div>
      <ReportDialog dialog={report} session={session} done={() => setNotice(text.report.thanks)} />
      <dialog ref={endForAll} className={styles.dialog} aria-labelledby="end-title">
        <h2 id="end-title">{text.control.endForAllTitle}</h2>
        <p>{text.control.endForAllLead}</p>
        <form method="dialog" className={styles.dialogButtons}>
          <button type="submit" className={styles.secondary}>
            {text.control.stay}
          </button>
          <button type="submit" className={styles.danger} data-testid="end-for-all-confirm" onClick={() => void visit.endForAll()}>
            {text.control.endForAll}
          </button>
        </form>
      </dialog>
    </footer>
  );
}

function ReportDialog({ dialog, session, done }: { dialog: RefObject<HTMLDialogElement | null>; session: Session; done: () => void }) {
  const [words, setWords] = useState("");
  const send = () => {
    if (!words.trim()) return;
    session.reportIssue(words);
    setWords("");
    done();
  };
  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby="report-title">
      <h2 id="report-title">{text.report.title}</h2>
      <p>{text.report.lead}</p>
      <form method="dialog">
        <label className={styles.unseen} htmlFor="report-text">
          {text.report.label}
        </label>
        <textarea id="report-text" rows={4} maxLength={2000} value={words} onChange={(event) => setWords(event.target.value)} data-testid="report-text" />
        <div className={styles.dialogButtons}>
          <button type="submit" className={styles.secondary}>
            {text.report.cancel}
          </button>
          <button type="submit" className={styles.primary} onClick={send} data-testid="report-send">
            {text.report.send}
          </button>
        </div>
      </form>
    </dialog>
  );
}
