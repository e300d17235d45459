interface Refused {
  title: string;
  lead?: string;
  hint?: string;
}

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
    endForAllLead: "Everybody is disconnected at once, and nobody is let in any more.",
    stay: "Stay",
  },

  call: {
    title: "Call",
    you: "You",
    guest: "Guest",
    timer: "Time in call",
    waiting: "Waiting for others",
    waitingLead: "You are in the call. It begins when somebody else joins.",
    waitingToAdmit: "You are in the call. It begins when you let somebody in.",
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
    earlyLead: (at: string) => `You can join from ${at}.`,
    countdown: "The room opens in",
    countdownLead: "Leave this page open: it takes you in by itself.",
    open: "The room is open",
    openLead: "Taking you in…",
    tooLateLead: (at: string) => `You could join until ${at}.`,
    timeZone: (zone: string) => `Times are those of your device (${zone}).`,
    noInvite: "Open this page with the link from your invitation: its last part, after the #, is missing.",
    unreachableLead: "Check your internet connection, then try again.",
    tryAgain: "Try again",
  },

  /** By the code of a refusal; where there is no `lead`, the server's own sentence stands there. */
  refusals: {
    no_invite: { title: "This link does not work" },
    unreachable: { title: "The server cannot be reached" },
    "join.invite_invalid": { title: "This link does not work", lead: "It may be over, used up or taken back.", hint: "Ask the person who sent it to you for a new one." },
    "join.room_closed": { title: "This room is closed", lead: "Nobody can join here any more.", hint: "Ask the person who invited you for another link." },
    "join.not_invited": { title: "This appointment is for other people" },
    "join.appointment_not_open": { title: "This appointment is not open", hint: "If you expected something else, get in touch with the person you are to meet." },
    "join.too_early": { title: "You are early" },
    "join.too_late": { title: "The time to join is over", lead: "The time for this call is over.", hint: "Get in touch with the person you wanted to meet: they can find another time." },
    "join.payment_required": { title: "The payment is still open", hint: "Have you paid just now? It can take a moment until that is known here." },
    "join.room_full": { title: "The room is full", hint: "As soon as somebody has left you can join." },
    "join.needs_sfu": { title: "The room is full", hint: "As soon as somebody has left you can join." },
    "join.waiting_room_full": { title: "The waiting room is full" },
    "join.refused": { title: "You were not let in", lead: "The host did not admit you to this call.", hint: "If that was a mistake, get in touch with the person you wanted to meet." },
    "join.revoked": { title: "You can no longer join", hint: "If that was a mistake, get in touch with the person who invited you." },
    "join.call_over": { title: "The call has ended", lead: "It was over before you were let in." },
    "join.resume_invalid": { title: "The call has ended", lead: "It was over before you were let in." },
    "access.too_many_requests": { title: "Too many tries", lead: "From here the room was asked for very often. Wait a minute, then try again." },
    other: { title: "You cannot join right now" },
  } as Readonly<Record<string, Refused>> & { readonly other: Refused },

  consent: {
    title: "May this call be recorded?",
    lead: "To join you have to agree to being recorded, with your picture and your voice.",
    hint: "That you agreed, and when, is kept with the record of the call.",
    yes: "Yes, I agree",
    no: "No, I do not",
    declined: "You have not joined",
    declinedLead: "Without your consent you are not taken into the call, and nothing of you was recorded.",
    declinedHint: "Ask the person you are to meet whether it can be held without being recorded. You can also think again.",
    back: "Back",
  },

  waiting: {
    title: "You are in the waiting room",
    lead: "A host will let you in. Nobody sees or hears you yet.",
    timer: "You have been waiting for",
    hint: "Leave this page open. Meanwhile you can check your picture and sound.",
    offline: "The connection to the server was lost. Your place is kept; we are reconnecting.",
    leave: "Leave the waiting room",
  },

  waitingList: {
    title: "Waiting room",
    waits: (name: string) => `${name} is waiting to be let in`,
    wait: (count: number) => (count === 1 ? "1 person is waiting to be let in" : `${count} people are waiting to be let in`),
    nobody: "Nobody is waiting any more",
    admit: "Admit",
    refuse: "Refuse",
    admitOne: (name: string) => `Admit ${name}`,
    refuseOne: (name: string) => `Refuse ${name}`,
    failed: (name: string, why: string) => `${name}: ${why}`,
  },

  ended: {
    left: "You left the call",
    over: "The call has ended",
    leftWaiting: "You left the waiting room",
    leftWaitingLead: "You can come back as long as the room is open.",
    timeIsUp: "The time for this call is over.",
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

/** 75 -> "01:15", 93784 -> "1 day 2 h": to the second only where that matters. */
export function span(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  if (days < 1) return clock(seconds);
  return `${days} ${days === 1 ? "day" : "days"} ${Math.floor(seconds / 3600) % 24} h`;
}

/** A time where this device is: "09:50", with its day where that is another than today. */
export function momentOf(at: Date, now: Date, zone = Intl.DateTimeFormat().resolvedOptions().timeZone, language = languageOf(navigator.language)): string {
  const said = (date: Date, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, { ...options, timeZone: zone }).format(date);
  const time = said(at, { hour: "2-digit", minute: "2-digit" });
  const day = (date: Date) => said(date, { year: "numeric", month: "numeric", day: "numeric" });
  if (day(at) === day(now)) return time;
  const year = said(at, { year: "numeric" }) === said(now, { year: "numeric" }) ? {} : ({ year: "numeric" } as const);
  return `${time} on ${said(at, { weekday: "long", day: "numeric", month: "long", ...year })}`;
}

/** The page speaks English; how times are written is the person's own where theirs is English too. */
function languageOf(language: string): string {
  return language.startsWith("en") ? language : "en-GB";
}
