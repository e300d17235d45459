import { useEffect, useEffectEvent, useRef } from "react";

interface Props {
  stream: MediaStream | null;
  /** Our own picture, as in a mirror. */
  mirrored?: boolean;
  /** Sound is played, by this device. */
  sound?: boolean;
  speaker?: string | undefined;
  className?: string | undefined;
  label: string;
  testId?: string;
  /** The browser plays no sound before the person has done something. */
  onBlocked?: (play: () => void) => void;
}

export function Video({ stream, mirrored = false, sound = false, speaker, className, label, testId, onBlocked }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  const blocked = useEffectEvent((play: () => void) => onBlocked?.(play));

  useEffect(() => {
    const video = element.current;
    if (!video || video.srcObject === stream) return;
    video.srcObject = stream;
    if (!stream) return;
    video.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || video.muted) return;
      // The picture at least, until the person lets the sound through.
      const play = () => void video.play().catch(() => undefined);
      video.muted = true;
      play();
      blocked(() => {
        video.muted = false;
        play();
      });
    });
  }, [stream]);

  useEffect(() => {
    if (speaker && element.current && "setSinkId" in element.current) element.current.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);

  return <video ref={element} className={className} data-mirrored={mirrored} data-testid={testId} aria-label={label} autoPlay playsInline muted={!sound} />;
}
