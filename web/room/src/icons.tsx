import type { ReactNode } from "react";

function icon(children: ReactNode) {
  return function Icon() {
    return (
      <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
        {children}
      </svg>
    );
  };
}

const mic = (
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>
);
const camera = (
  <>
    <rect x="3" y="6.5" width="12" height="11" rx="2.5" />
    <path d="m15 11 4.4-2.9a.7.7 0 0 1 1.1.6v6.6a.7.7 0 0 1-1.1.6L15 13z" />
  </>
);
const slash = <path d="M4 4l16 16" />;

export const MicOn = icon(mic);
export const MicOff = icon(
  <>
    {mic}
    {slash}
  </>,
);
export const CameraOn = icon(camera);
export const CameraOff = icon(
  <>
    {camera}
    {slash}
  </>,
);
export const Screen = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2" />
    <path d="M8.5 20h7M12 13.5V8m0 0L9.5 10.5M12 8l2.5 2.5" />
  </>,
);
export const HangUp = icon(<path d="M12 9.5c-3.2 0-6 .8-8.2 2.4-.7.5-1 1.4-.8 2.2l.4 1.6c.2.8 1 1.3 1.8 1.1l2.4-.5c.6-.1 1.1-.7 1.2-1.3l.2-1.7a10.7 10.7 0 0 1 6 0l.2 1.7c.1.6.6 1.2 1.2 1.3l2.4.5c.8.2 1.6-.3 1.8-1.1l.4-1.6c.2-.8-.1-1.7-.8-2.2A13.8 13.8 0 0 0 12 9.5z" />);
export const Flag = icon(<path d="M5.5 21V4m0 .5c4.5-2.5 8.5 2 13 0v9.5c-4.5 2-8.5-2.5-13 0" />);
export const Everyone = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="m9 9 6 6m0-6-6 6" />
  </>,
);
export const Sound = icon(<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a7.5 7.5 0 0 1 0 11" />);
export const Star = icon(<path d="m12 3.5 2.6 5.3 5.9.9-4.3 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.3-4.1 5.9-.9z" />);
