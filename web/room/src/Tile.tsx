import { MicOff } from "./icons.js";
import { text } from "./text.js";
import styles from "./Tile.module.css";
import { Video } from "./Video.js";

export type Quality = "excellent" | "good" | "fair" | "poor";

interface Props {
  stream: MediaStream | null;
  name: string;
  /** Whose first letter stands there when there is no picture. */
  initial?: string;
  picture: boolean;
  muted: boolean;
  /** Show all of it, as a screen wants, rather than fill the tile. */
  whole?: boolean;
  mirrored?: boolean;
  dimmed?: boolean;
  sound?: boolean;
  speaker?: string | undefined;
  small?: boolean;
  /** How good this person's connection is, once that is known. */
  quality?: Quality | null;
  testId: string;
  onBlocked?: (play: () => void) => void;
}

export function Tile({ stream, name, initial = name, picture, muted, whole = false, mirrored = false, dimmed = false, sound = false, speaker, small = false, quality = null, testId, onBlocked }: Props) {
  const notes = [!picture && text.call.cameraOff, muted && text.call.muted, quality && text.call.quality[quality]].filter(Boolean).join(", ");
  return (
    <figure className={styles.tile} data-small={small} data-dimmed={dimmed} data-picture={picture}>
      <Video
        stream={stream}
        className={whole ? styles.whole : styles.filling}
        mirrored={mirrored}
        sound={sound}
        speaker={speaker}
        label={whole ? `${name}, ${text.call.sharedScreen}` : name}
        testId={testId}
        {...(onBlocked && { onBlocked })}
      />
      {!picture && (
        <div className={styles.avatar} aria-hidden="true">
          <span>{Array.from(initial.trim())[0]?.toUpperCase() ?? "?"}</span>
        </div>
      )}
      <figcaption className={styles.name}>
        {muted && <MicOff />}
        <span>{name}</span>
        {quality && (
          <span className={styles.signal} data-quality={quality} data-testid={`${testId}-quality`} title={text.call.quality[quality]} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
        )}
        {notes && <span className={styles.unseen}>, {notes}</span>}
      </figcaption>
    </figure>
  );
}
