import { Button, NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useId } from "react";
import { number } from "../../format.js";
import { When } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { labelOf, type Setting, type Value } from "./catalogue.js";
import type { Change } from "./changes.js";
import classes from "./Settings.module.css";

const LONG = 60;

interface RowProps {
  setting: Setting;
  /** Undefined: as it is; null: the default is to hold again. */
  edit: Value | null | undefined;
  problem: string | undefined;
  change: Change | undefined;
  isFixed: boolean;
  onEdit: (value: Value | null) => void;
}

/** One setting: its name and sentence, who said so, and the field to change it. */
export function SettingRow({ setting, edit, problem, change, isFixed, onEdit }: RowProps) {
  const words = strings.settings;
  const id = useId();
  const now = (edit === undefined ? setting.value : (edit ?? setting.default)) as Value;
  const isOwn = edit === undefined ? setting.source === "deployment" : edit !== null;
  return (
    <div className={classes.row} data-edited={edit !== undefined}>
      <div className={classes.about}>
        <label htmlFor={id} className={classes.name}>
          {labelOf(setting.name)}
        </label>
        <p className={classes.sentence} id={`${id}-about`}>
          {setting.sentence}
        </p>
        <p className={classes.source}>
          <code>{setting.name}</code> · {words.sources[isOwn ? "deployment" : setting.source === "environment" ? "environment" : "default"]}
          {isOwn && <> · {words.standard(shown(setting.default as Value))}</>}
          {range(setting) && <> · {range(setting)}</>}
          {change && edit === undefined && (
            <>
              {" "}
              · {words.changedBy(change.by)} <When at={change.at} form="ago" />
            </>
          )}
        </p>
      </div>
      <div className={classes.field}>
        <Field id={id} setting={setting} value={now} isFixed={isFixed} problem={problem} onEdit={onEdit} />
        {isOwn && !isFixed && (
          <Button variant="subtle" size="compact-xs" onClick={() => onEdit(null)} aria-label={words.resetNamed(labelOf(setting.name))}>
            {words.reset}
          </Button>
        )}
      </div>
    </div>
  );
}

interface FieldProps {
  id: string;
  setting: Setting;
  value: Value;
  isFixed: boolean;
  problem: string | undefined;
  onEdit: (value: Value) => void;
}

function Field({ id, setting, value, isFixed, problem, onEdit }: FieldProps) {
  const given = { id, error: problem, disabled: isFixed, "aria-describedby": `${id}-about` };
  if (setting.type === "boolean") return <Switch {...given} checked={value === true} onChange={(event) => onEdit(event.currentTarget.checked)} />;
  if (setting.type === "integer")
    return (
      <NumberInput
        {...given}
        value={value as number}
        {...(setting.least === null ? {} : { min: setting.least })}
        {...(setting.most === null ? {} : { max: setting.most })}
        allowDecimal={false}
        clampBehavior="none"
        onChange={(next) => next !== "" && onEdit(Number(next))}
      />
    );
  const choices = setting.name === "time_zone" ? ["UTC", ...Intl.supportedValuesOf("timeZone")] : setting.one_of;
  if (choices.length > 0)
    return (
      <Select
        {...given}
        data={[...new Set([...choices, value as string])].map((one) => ({ value: one, label: one.replaceAll("_", " ") }))}
        value={value as string}
        allowDeselect={false}
        searchable={choices.length > 10}
        limit={100}
        onChange={(next) => next !== null && onEdit(next)}
      />
    );
  const Text = (setting.default as string).length > LONG ? Textarea : TextInput;
  return <Text {...given} value={value as string} onChange={(event) => onEdit(event.currentTarget.value)} {...(Text === Textarea ? { rows: 6, className: classes.long } : {})} />;
}

function range({ least, most }: Setting): string | null {
  return least === null || most === null ? null : strings.settings.range(number(least), number(most));
}

function shown(value: Value): string {
  const { on, off } = strings.settings;
  if (typeof value === "boolean") return value ? on : off;
  const text = typeof value === "number" ? number(value) : value;
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
