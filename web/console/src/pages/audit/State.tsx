import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Answer, get } from "../../api/client.js";
import { number, time } from "../../format.js";
import { Figure, Figures, Pairs, Panel, Shown, StatusBadge } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Audit.module.css";
import { Hash } from "./Hash.js";

type Standing = Answer<"/v1/audit/state">;

/** How much of the trail is sealed, and whether its newest part is as it was sealed. */
export function State() {
  const state = useQuery({ queryKey: ["audit", "state"], queryFn: ({ signal }) => get("/v1/audit/state", { signal }), refetchInterval: 60_000 });
  const words = strings.audit.state;
  return (
    <Panel
      title={words.title}
      actions={
        <>
          {state.data && <Verdict told={state.data} />}
          <Button variant="default" size="xs" loading={state.isFetching} onClick={() => void state.refetch()}>
            {words.again}
          </Button>
        </>
      }
    >
      <Shown query={state}>{(told) => <Told told={told} />}</Shown>
    </Panel>
  );
}

function Verdict({ told: { checked } }: { told: Standing }) {
  const words = strings.audit.state;
  return (
    <span role="status">
      {!checked && <StatusBadge status="none" label={words.none} tone="neutral" />}
      {checked && !checked.is_good && <StatusBadge status="bad" label={words.bad} tone="bad" />}
      {checked?.is_good && <StatusBadge status="good" label={checked.is_all ? words.goodWhole : words.good} tone="good" />}
    </span>
  );
}

function Told({ told }: { told: Standing }) {
  const words = strings.audit.state;
  const { newest, checked } = told;
  return (
    <div className={classes.steps}>
      {checked && !checked.is_good && (
        <Alert color="red" variant="light" role="alert">
          <ul className={classes.problems}>
            {checked.problems.map((problem, place) => (
              <li key={place}>{problem.said}</li>
            ))}
          </ul>
        </Alert>
      )}
      <Figures>
        <Figure label={words.sealed} value={number(told.sealed_entries)} />
        <Figure label={words.unsealed} value={number(told.unsealed_entries)} note={told.unsealed_since ? words.unsealedNote(time(told.unsealed_since, "seconds")) : words.allSealed} />
        <Figure label={words.newest} value={newest ? words.newestValue(number(newest.number)) : words.none} note={newest && words.newestNote(time(newest.sealed_at), newest.entries)} />
        {checked && (
          <Figure label={words.checked} value={words.checkedValue(checked.entries)} note={words.checkedNote(checked.seals, number(checked.first_seal))} {...(checked.is_good ? {} : { tone: "bad" as const })} />
        )}
        <Figure
          label={words.checkpoint}
          value={told.checkpoint_in_folder ? words.checkpointFolder(number(told.checkpoint_in_folder)) : words.checkpointNone}
          note={told.checkpoint_told ? words.checkpointTold(number(told.checkpoint_told)) : words.checkpointNotTold}
        />
      </Figures>
      {checked && <p className={classes.soft}>{`${checked.is_all ? words.whole : words.part(number(checked.first_seal), checked.identities)} ${words.limits}`}</p>}
      {newest && (
        <Pairs
          of={[
            [words.root, <Hash key="root" hex={newest.root} />],
            [words.hash, <Hash key="hash" hex={newest.hash} />],
            [words.key, <Hash key="key" hex={newest.key} />],
          ]}
        />
      )}
    </div>
  );
}
