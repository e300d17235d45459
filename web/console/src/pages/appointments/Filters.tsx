import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client.js";
import { useAccount } from "../../api/session.js";
import { useQueryState } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Appointments.module.css";

export const STATUSES = ["pending", "confirmed", "in_progress", "completed", "no_show", "cancelled", "declined"] as const;
export const KINDS = ["individual", "group", "assessment"] as const;
const PROVIDER = /^(user|guest):.{1,200}$/;

/** Which appointments, as the API takes it. */
export interface Wanted {
  status: (typeof STATUSES)[number] | null;
  kind: (typeof KINDS)[number] | null;
  provider_id: string | null;
}

/** What the address holds of them; what is none is left out. */
export function useWanted(): Wanted {
  const [status] = useQueryState("status");
  const [kind] = useQueryState("kind");
  const [provider] = useQueryState("provider");
  return {
    status: STATUSES.find((one) => one === status) ?? null,
    kind: KINDS.find((one) => one === kind) ?? null,
    provider_id: PROVIDER.test(provider) ? provider : null,
  };
}

export function Filters({ wanted, withStatus = true }: { wanted: Wanted; withStatus?: boolean }) {
  const [, setStatus] = useQueryState("status");
  const [, setKind] = useQueryState("kind");
  const words = strings.appointments.filters;
  const statuses = STATUSES.map((value) => ({ value, label: strings.words.status[value] ?? value }));
  const kinds = KINDS.map((value) => ({ value, label: strings.appointments.kinds[value] ?? value }));
  return (
    <div className={classes.filters} role="group" aria-label={words.label}>
      {withStatus && <Select size="xs" aria-label={words.status} data={[{ value: "", label: words.anyStatus }, ...statuses]} value={wanted.status ?? ""} onChange={(to) => setStatus(to || null)} allowDeselect={false} />}
      <Select size="xs" aria-label={words.kind} data={[{ value: "", label: words.anyKind }, ...kinds]} value={wanted.kind ?? ""} onChange={(to) => setKind(to || null)} allowDeselect={false} />
      <ProviderFilter value={wanted.provider_id} />
    </div>
  );
}

/** Providers by name; a provider who signed in sees their own alone and has nothing to choose. */
function ProviderFilter({ value }: { value: string | null }) {
  const [, setProvider] = useQueryState("provider");
  const isOwn = useAccount().role === "provider";
  const words = strings.appointments.filters;
  const providers = useQuery({
    queryKey: ["people", "providers"],
    queryFn: ({ signal }) => get("/v1/people", { query: { side: "provider", limit: 200 }, signal }),
    enabled: !isOwn,
    staleTime: 300_000,
  });
  if (isOwn) return null;
  const known = (providers.data?.items ?? []).map((one) => ({ value: one.identity, label: one.display_name ?? one.identity })).sort((one, other) => one.label.localeCompare(other.label));
  const options = value && !known.some((one) => one.value === value) ? [{ value, label: value }, ...known] : known;
  return <Select size="xs" w={200} aria-label={words.provider} placeholder={words.anyProvider} data={options} value={value} onChange={(to) => setProvider(to)} searchable clearable clearButtonProps={{ "aria-label": words.anyProvider }} />;
}
