import { SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client.js";
import { useAccount } from "../api/session.js";
import { strings } from "../strings/index.js";
import classes from "./Controls.module.css";
import { DIMENSIONS, type Dimension, type Division, type Filter, valueName } from "./dimensions.js";
import type { Interval } from "./intervals.js";

/** How far points are apart. */
export function IntervalPicker({ value, choices, onChange }: { value: Interval; choices: readonly Interval[]; onChange: (to: string) => void }) {
  const words = strings.analytics.interval;
  return <SegmentedControl size="xs" aria-label={words.label} data={choices.map((one) => ({ value: one, label: words[one] }))} value={value} onChange={onChange} />;
}

/** By what figures are divided; what comes before the dimensions is the page's own. */
export function DivisionPicker({ division, before = [] }: { division: Division; before?: readonly { value: string; label: string }[] }) {
  const words = strings.analytics;
  // Who sees their own calls alone sees them whole: rollups know one dimension at a time, and theirs is the provider.
  const dimensions = useAccount().role === "provider" ? [] : DIMENSIONS.map((value) => ({ value, label: words.dimensions[value] }));
  const options = [...(before.length ? before : [{ value: "", label: words.notDivided }]), ...dimensions];
  if (options.length < 2) return null;
  return (
    <Select
      size="xs"
      label={words.by}
      classNames={{ root: classes.inline ?? "", wrapper: classes.choice ?? "" }}
      data={options}
      value={options.some((one) => one.value === division.by) ? division.by : options[0]!.value}
      onChange={(to) => division.setBy(to === options[0]!.value ? null : to)}
      allowDeselect={false}
      maxDropdownHeight={340}
    />
  );
}

/** One value of one dimension, to which all figures are then narrowed. The values are those there are in the range, the most frequent first. */
export function FilterPicker({ division: { filter, setFilter }, range }: { division: Division; range: { from: string; to: string } }) {
  const words = strings.analytics;
  const isOwn = useAccount().role === "provider";
  const [chosen, setChosen] = useChosen(filter);
  const values = useQuery({
    queryKey: ["analytics", "values", chosen, range],
    queryFn: ({ signal }) => get("/v1/analytics/joins", { query: { ...range, by: chosen!, limit: 100 }, signal }),
    enabled: chosen !== null && !isOwn,
  });
  if (isOwn) return null;
  const found = (values.data?.items ?? []).flatMap(({ value, name }) => (value ? [{ value, label: valueName(chosen!, value, name) }] : []));
  const options = filter && !found.some((one) => one.value === filter.value) ? [{ value: filter.value, label: valueName(filter.dimension, filter.value) }, ...found] : found;
  const choose = (dimension: string | null) => {
    setFilter(null);
    setChosen((dimension || null) as Dimension | null);
  };
  return (
    <div className={classes.pair} role="group" aria-label={words.only}>
      <Select
        size="xs"
        label={words.only}
        classNames={{ root: classes.inline ?? "", wrapper: classes.choice ?? "" }}
        data={[{ value: "", label: words.all }, ...DIMENSIONS.map((value) => ({ value, label: words.dimensions[value] }))]}
        value={chosen ?? ""}
        onChange={choose}
        allowDeselect={false}
        maxDropdownHeight={340}
      />
      {chosen && (
        <Select
          size="xs"
          w={180}
          aria-label={words.dimensions[chosen]}
          placeholder={words.choose}
          data={options}
          value={filter?.value ?? null}
          onChange={(value) => setFilter(value ? { dimension: chosen, value } : null)}
          searchable
          clearable
        />
      )}
    </div>
  );
}

/** The dimension that is being chosen from: the filter's, or one of which no value is chosen yet. */
function useChosen(filter: Filter | null): [Dimension | null, (to: Dimension | null) => void] {
  const [pending, setPending] = useState<Dimension | null>(null);
  return [filter?.dimension ?? pending, setPending];
}
