import { Button, Group, PasswordInput, TextInput } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { strings } from "../strings/index.js";

/** Something that is shown this once, to be copied. */
export function Secret({ label, value, hidden = false }: { label: string; value: string; hidden?: boolean }) {
  const clipboard = useClipboard({ timeout: 3000 });
  const Field = hidden ? PasswordInput : TextInput;
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <Field label={label} value={value} readOnly flex={1} onFocus={(event) => event.currentTarget.select()} />
      <Button variant="default" onClick={() => clipboard.copy(value)}>
        <span aria-live="polite">{clipboard.copied ? strings.parts.copied : strings.parts.copy}</span>
      </Button>
    </Group>
  );
}
