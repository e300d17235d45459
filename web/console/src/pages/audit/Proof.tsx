import { Alert, Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { address, get } from "../../api/client.js";
import { number, time } from "../../format.js";
import { Pairs, Shown } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./Audit.module.css";
import { Hash } from "./Hash.js";
import { leadsToRoot, type Proof, type Seal } from "./merkle.js";

/** Lets an entry be proved: that it is under its seal, as it was sealed. */
export function ProofButton({ id, what }: { id: string; what: string }) {
  const [isOpen, setOpen] = useState(false);
  const words = strings.audit.proof;
  return (
    <>
      <Button variant="subtle" size="compact-xs" onClick={() => setOpen(true)} aria-label={words.of(what)}>
        {words.show}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={words.title} size="lg" closeButtonProps={{ "aria-label": strings.parts.close }}>
        {isOpen && <Proved id={id} />}
      </Modal>
    </>
  );
}

function Proved({ id }: { id: string }) {
  const path = { entry_id: id };
  const proof = useQuery({
    queryKey: ["audit", "proof", id],
    queryFn: async ({ signal }) => {
      const given: Proof = await get("/v1/audit/{entry_id}/proof", { path, signal });
      const seal = JSON.parse(given.seal) as Seal;
      return { given, seal, isGood: await leadsToRoot(given, seal) };
    },
    retry: false,
  });
  return <Shown query={proof}>{(one) => <Steps {...one} href={address("/v1/audit/{entry_id}/proof", { path })} />}</Shown>;
}

function Steps({ given, seal, isGood, href }: { given: Proof; seal: Seal; isGood: boolean | null; href: string }) {
  const words = strings.audit.proof;
  return (
    <div className={classes.steps}>
      <Alert color={isGood ? "green" : isGood === null ? "gray" : "red"} variant="light" role="status">
        {isGood ? words.good : isGood === null ? words.unknown : words.bad}
      </Alert>
      <Pairs
        of={[
          [words.leaf, words.leafOf(number(given.leaf))],
          [words.seal, words.sealOf(number(seal.seal), time(seal.sealed_at, "full"))],
          [words.path, number(given.path.length)],
          [words.root, <Hash key="root" hex={seal.root} />],
        ]}
      />
      <div>
        <p className={classes.soft}>{words.entry}</p>
        <pre className={classes.raw} tabIndex={0} role="region" aria-label={words.entry}>
          {given.entry}
        </pre>
      </div>
      <p className={classes.soft}>{words.limits}</p>
      <div>
        <Button component="a" href={href} download={`proof-${given.leaf}.json`} variant="default" size="xs">
          {words.download}
        </Button>
      </div>
    </div>
  );
}
