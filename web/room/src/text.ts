/** Every word a person sees. */
export const text = {
  product: "Callwell",

  preview: {
    title: "Ready to join?",
    lead: "Check your picture and sound. Nobody sees or hears you yet.",
    name: "Your name",
    nameHint: "Shown to the others in the call.",
    camera: "Camera",
    microphone: "Microphone",
    speaker: "Speaker",
    systemDefault: "System default",
    join: "Join call",
    joining: "Joining…",
    level: "Microphone level",
    muted: "Your microphone is muted.",
    cameraIsOff: "Your camera is off",
    cameraStarting: "Starting your camera…",
  },

  device: {
    camera: {
      denied: "Your browser does not let this page use the camera. Allow it with the symbol beside the address, then turn the camera on again. You can also join without it.",
      missing: "No camera was found. Connect one, or join without it.",
      busy: "Your camera did not start. Another program may be using it: close that program, then turn the camera on again.",
    },
    microphone: {
      denied: "Your browser does not let this page use the microphone. Allow it with the symbol beside the address, then unmute. Without it the others cannot hear you.",
      missing: "No microphone was found. Connect one so that the others can hear you.",
      busy: "Your microphone did not start. Another program may be using it: close that program, then unmute.",
    },
  },

  control: {
    mute: "Mute",
    unmute: "Unmute",
    cameraOff: "Stop video",
    cameraOn: "Start video",
    share: "Share screen",
    stopSharing: "Stop sharing",
    report: "Report a problem",
    leave: "Leave",
    endForAll: "End for all",
    endForAllTitle: "End the call for everybody?",
    endForAllLead: "Everybody is disconnected at once.",
    stay: "Stay",
  },

  call: {
    title: "Call",
    you: "You",
    guest: "Guest",
    timer: "Time in call",
    waiting: "Waiting for others",
    waitingLead: "You are in the call. It begins when somebody else joins.",
    waitingAgain: "You are in the call. Nobody else is here at the moment.",
    connecting: "Connecting…",
    connected: "Connected",
    reconnecting: "Reconnecting…",
    serverLost: "The connection to the server was lost. You can go on talking; we are reconnecting.",
    struggling: "It takes longer than it should: a firewall may be in the way. If it does not work soon, try another network.",
    mediaLost: "The connection was lost. Reconnecting…",
    returning: "Coming back to the call…",
    soundBlocked: "Your browser holds the sound back.",
    turnOnSound: "Turn on sound",
    cameraOff: "camera off",
    muted: "muted",
    quality: {
      excellent: "very good connection",
      good: "good connection",
      fair: "fair connection",
      poor: "poor connection",
    },
    yourScreen: "Your screen",
    shareFailed: "Your browser cannot share the screen.",
    sharedScreen: "shared screen",
  },

  report: {
    title: "What is wrong?",
    lead: "It is noted in the record of this call.",
    label: "Describe the problem",
    send: "Send",
    cancel: "Cancel",
    thanks: "Thank you, it is noted.",
  },

  refusal: {
    title: "You cannot join right now",
    early: "You are a little early",
    earlyLead: "The room opens in",
    open: "The room is open",
    openLead: "You can join now.",
    full: "The room is full",
    link: "This link does not work",
    linkLead: "Ask the person who sent it to you for a new one.",
    noInvite: "Open this page with the link from your invitation: its last part, after the #, is missing.",
    unreachable: "The server cannot be reached",
    unreachableLead: "Check your internet connection, then try again.",
    tryAgain: "Try again",
    joinNow: "Join now",
  },

  ended: {
    left: "You left the call",
    over: "The call has ended",
    out: "You are no longer in the call",
    failed: "The call did not work",
    replaced: "This call was opened elsewhere",
    replacedLead: "You can go on here, which takes it over.",
    lasted: "The call lasted",
    rate: "How was the call?",
    star: (count: number) => (count === 1 ? "1 star" : `${count} stars`),
    comment: "Anything to add? (optional)",
    send: "Send",
    thanks: "Thank you for telling us.",
    again: "Join again",
  },
} as const;

/** 75 -> "01:15", 3675 -> "1:01:15". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pair = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${pair(Math.floor(whole / 60) % 60)}:${pair(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
