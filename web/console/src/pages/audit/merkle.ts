/** The proof that something is in a Merkle tree, as RFC 6962 has them; the same as `compliance/merkle.py`. */

/** Null where the browser computes no hashes, as it does not over plain http. */
const subtle: SubtleCrypto | undefined = (globalThis.crypto as Partial<Crypto>).subtle;

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await subtle!.digest("SHA-256", joined));
}

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export const leafHash = (entry: string): Promise<Uint8Array> => sha256(LEAF, new TextEncoder().encode(entry));

/** The root of a tree of this size in which the proof puts the leaf at this place; null where the proof fits no such tree (RFC 9162, 2.1.3.2). */
export async function rootByProof(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Promise<Uint8Array | null> {
  if (index < 0 || index >= size) return null;
  let last = size - 1;
  let root = leaf;
  for (const beside of path) {
    if (last === 0) return null;
    if (index % 2 || index === last) {
      root = await sha256(NODE, beside, root);
      while (index % 2 === 0 && index) [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
    } else {
      root = await sha256(NODE, root, beside);
    }
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : null;
}

export interface Proof {
  entry: string;
  index: number;
  leaf: number;
  path: readonly string[];
  seal: string;
}

/** What a seal says, as far as a proof is held against it. */
export interface Seal {
  seal: number;
  first_leaf: number;
  leaf_count: number;
  root: string;
  sealed_at: string;
}

/** Whether the entry leads to the root that its seal names. Null where that cannot be computed here. */
export async function leadsToRoot(proof: Proof, seal: Seal): Promise<boolean | null> {
  if (!subtle) return null;
  if (proof.leaf !== seal.first_leaf + proof.index) return false;
  const root = await rootByProof(await leafHash(proof.entry), proof.index, seal.leaf_count, proof.path.map(bytesOf));
  return root !== null && hexOf(root) === seal.root;
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
