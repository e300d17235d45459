import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Sampler, type Hints, type Measured } from "../src/stats.js";

type Stats = Record<string, Record<string, unknown> | null>;

interface Vector {
  name: string;
  why: string;
  interval_ms: number;
  changes_only?: true;
  readings: { pc: string; at_ms: number; stats: Stats; muted?: Hints["muted"]; remote_muted?: Hints["remoteMuted"]; screen?: string[] }[];
  samples: Measured[];
}

const folder = fileURLToPath(new URL("../../../tests/quality/vectors/", import.meta.url));
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(folder + name, "utf8")) as Vector);

/** Each reading with all of its stats: recorded ones are kept as what changed. */
function* whole({ readings, changes_only }: Vector): Generator<Vector["readings"][number]> {
  const before = new Map<string, Stats>();
  for (const reading of readings) {
    let { stats } = reading;
    if (changes_only) {
      const merged: Stats = { ...before.get(reading.pc) };
      for (const [id, news] of Object.entries(stats)) {
        if (news === null) Reflect.deleteProperty(merged, id);
        else merged[id] = Object.fromEntries(Object.entries({ ...merged[id], ...news }).filter(([, value]) => value !== null));
      }
      before.set(reading.pc, (stats = merged));
    }
    yield { ...reading, stats };
  }
}

function derive(vector: Vector): Measured[] {
  const sampler = new Sampler(vector.interval_ms);
  const samples: Measured[] = [];
  for (const { pc, at_ms, stats, muted = [], remote_muted = [], screen = [] } of whole(vector)) {
    samples.push(...sampler.read(pc, at_ms, Object.entries(stats), { muted, remoteMuted: remote_muted, screen }));
  }
  return [...samples, ...sampler.finish()];
}

const inMs = (sample: Measured) => ({ ...sample, started_at: Date.parse(sample.started_at) });

describe("the same samples as the server derives from the same readings", () => {
  test.each(vectors)("$name: $why", (vector) => {
    expect(derive(vector).map(inMs)).toEqual(vector.samples.map(inMs));
  });
});
