import type { ReactNode } from "react";

/** Drawn on 24 by 24 with lines of the text's colour. They stand beside words and say nothing themselves. */
function icon(drawing: ReactNode) {
  return function Icon({ size = 18 }: { size?: number }) {
    return (
      <svg viewBox="0 0 24 24" width={size} height={size} fill="none" stroke="currentColor" strokeWidth={1.75} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
        {drawing}
      </svg>
    );
  };
}

export const OverviewIcon = icon(<path d="M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z" />);
export const LiveIcon = icon(<><circle cx="12" cy="12" r="2.5" /><path d="M7 7a7 7 0 0 0 0 10M17 7a7 7 0 0 1 0 10M4.2 4.2a11 11 0 0 0 0 15.6M19.8 4.2a11 11 0 0 1 0 15.6" /></>);
export const CallsIcon = icon(<path d="M4 7a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM15 10.5l5-3v9l-5-3" />);
export const ProblemIcon = icon(<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.1" />);
export const AppointmentsIcon = icon(<path d="M4 6h16v14H4zM4 10h16M8 3.5v4M16 3.5v4M8 14h3" />);
export const PeopleIcon = icon(<><circle cx="9" cy="8" r="3.5" /><path d="M2.5 20a6.5 6.5 0 0 1 13 0M16 4.8a3.5 3.5 0 0 1 0 6.4M17.5 14a6.5 6.5 0 0 1 4 6" /></>);
export const ProvidersIcon = icon(<><circle cx="12" cy="7.5" r="3.5" /><path d="M5 20.5a7 7 0 0 1 14 0M12 15v4M10 17h4" /></>);
export const BillingIcon = icon(<path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6" />);
export const ActivityIcon = icon(<path d="M4 20V4M4 20h16M8.5 16v-4M13 16V8M17.5 16v-6" />);
export const QualityIcon = icon(<path d="M3 13h4l2.5-7 4 13 2.5-6H21" />);
export const FiguresIcon = icon(<path d="M4 19 10 12l4 4 6-9M15.5 7H20v4.5" />);
export const AuditIcon = icon(<path d="M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6zM8.8 12l2.3 2.3 4.2-4.5" />);
export const SettingsIcon = icon(<path d="M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5v5h4v-5zM7 14.5v5h4v-5z" />);
export const KeysIcon = icon(<><circle cx="8" cy="15.5" r="4" /><path d="M11 12.5 19.5 4M16 7.5l2.5 2.5" /></>);
export const AccountsIcon = icon(<><circle cx="12" cy="12" r="9" /><circle cx="12" cy="10" r="3" /><path d="M6.5 18.8a6.5 6.5 0 0 1 11 0" /></>);
export const SearchIcon = icon(<><circle cx="11" cy="11" r="6.5" /><path d="m16 16 4.5 4.5" /></>);
export const LightIcon = icon(<><circle cx="12" cy="12" r="4" /><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" /></>);
export const DarkIcon = icon(<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />);
export const SystemIcon = icon(<path d="M3 5h18v11H3zM8.5 20h7M12 16v4" />);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7" />);
