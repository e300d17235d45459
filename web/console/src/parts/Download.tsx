import { Button, Group } from "@mantine/core";
import { strings } from "../strings/index.js";

/**
 * A table as a file. `href` is the route with its query (`address(...)` of the client), which knows `format=csv` and `format=parquet`; `what` names the
 * table to who cannot see where the links stand.
 */
export function Download({ href, what, parquet = true }: { href: string; what: string; parquet?: boolean }) {
  const { download } = strings.parts;
  const as = (form: string) => `${href}${href.includes("?") ? "&" : "?"}format=${form}`;
  return (
    <Group gap={4} wrap="nowrap">
      <Button component="a" href={as("csv")} download variant="default" size="xs" aria-label={download.label(what, download.csv)}>
        {download.csv}
      </Button>
      {parquet && (
        <Button component="a" href={as("parquet")} download variant="default" size="xs" aria-label={download.label(what, download.parquet)}>
          {download.parquet}
        </Button>
      )}
    </Group>
  );
}
