import {
  AccountsIcon,
  ActivityIcon,
  AppointmentsIcon,
  AuditIcon,
  BillingIcon,
  CallsIcon,
  FiguresIcon,
  KeysIcon,
  LiveIcon,
  OverviewIcon,
  PeopleIcon,
  ProblemIcon,
  ProvidersIcon,
  QualityIcon,
  SettingsIcon,
} from "../parts/icons.js";
import type { shell } from "../strings/en/shell.js";

/** The mark of each page in the navigation. */
export const ICONS: Partial<Record<keyof typeof shell.pages, typeof OverviewIcon>> = {
  overview: OverviewIcon,
  live: LiveIcon,
  calls: CallsIcon,
  problemCalls: ProblemIcon,
  appointments: AppointmentsIcon,
  people: PeopleIcon,
  providers: ProvidersIcon,
  billing: BillingIcon,
  activity: ActivityIcon,
  quality: QualityIcon,
  figures: FiguresIcon,
  audit: AuditIcon,
  settings: SettingsIcon,
  keys: KeysIcon,
  accounts: AccountsIcon,
};
