import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bytesOf, hexOf, leadsToRoot, leafHash, rootByProof } from "../src/pages/audit/merkle.js";

const hash = (...parts: Uint8Array[]) => parts.reduce((so_far, part) => so_far.update(part), createHash("sha256")).digest();
const NODE = new Uint8Array([1]);

/** The root of a list as RFC 6962 defines it, split at the largest power of two. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  const left = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return hash(NODE, rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)));
}

function pathOf(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length === 1) return [];
  const left = 2 ** Math.floor(Math.log2(leaves.length - 1));
  const [first, rest] = [leaves.slice(0, left), leaves.slice(left)];
  return index < left ? [...pathOf(first, index), rootOf(rest)] : [...pathOf(rest, index - left), rootOf(first)];
}

const entries = (count: number) => Array.from({ length: count }, (_, n) => `{"entry":"${n}","at":"ü"}`);

describe("a proof", () => {
  test("leads from every place of trees of every small size to their root, and from no other", async () => {
    for (let size = 1; size <= 17; size++) {
      const leaves = await Promise.all(entries(size).map(leafHash));
      const root = hexOf(rootOf(leaves));
      for (let index = 0; index < size; index++) {
        const path = pathOf(leaves, index);
        expect(hexOf((await rootByProof(leaves[index]!, index, size, path))!)).toBe(root);
        const elsewhere = await rootByProof(leaves[index]!, (index + 1) % size, size, path);
        if (size > 1) expect(elsewhere && hexOf(elsewhere)).not.toBe(root);
        expect(await rootByProof(leaves[index]!, index, size, [...path, root].map((part) => (typeof part === "string" ? bytesOf(part) : part)))).toBeNull();
      }
      expect(await rootByProof(leaves[0]!, size, size, [])).toBeNull();
    }
  });

  test("holds for the entry that was sealed and for no other, at its own place alone", async () => {
    const lines = entries(5);
    const leaves = await Promise.all(lines.map(leafHash));
    const seal = { seal: 3, first_leaf: 20, leaf_count: 5, root: hexOf(rootOf(leaves)), sealed_at: "2026-11-21T12:00:00.000Z" };
    const proof = { entry: lines[3]!, index: 3, leaf: 23, path: pathOf(leaves, 3).map(hexOf), seal: "" };

    expect(await leadsToRoot(proof, seal)).toBe(true);
    expect(await leadsToRoot({ ...proof, entry: proof.entry.replace("ü", "u") }, seal)).toBe(false);
    expect(await leadsToRoot({ ...proof, leaf: 24 }, seal)).toBe(false);
    expect(await leadsToRoot({ ...proof, path: proof.path.slice(1) }, seal)).toBe(false);
    expect(await leadsToRoot(proof, { ...seal, root: "0".repeat(64) })).toBe(false);
  });
});
