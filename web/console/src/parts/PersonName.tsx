import { Link } from "wouter";
import { strings } from "../strings/index.js";

/** Who it is by name, leading to their page; by their id where no name is known. `identity` is `user:42` or `guest:x`. */
export function PersonName({ name, identity, plain = false }: { name?: string | null | undefined; identity?: string | null | undefined; plain?: boolean }) {
  const shown = name ?? identity?.replace(/^(user|guest):/, "") ?? strings.parts.unknownPerson;
  const isGuest = identity?.startsWith("guest:") ?? false;
  return (
    <span>
      {plain || !identity ? shown : <Link href={`/people/${encodeURIComponent(identity)}`}>{shown}</Link>}
      {isGuest && <small> ({strings.parts.guest})</small>}
    </span>
  );
}
