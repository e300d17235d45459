"""Whether a trail is what was sealed, told from its lines alone: no database, no server, no clock.

The entries under a seal are hashed again and compared with what it says; each seal with its signature and the seal before. What is not as it was is
named by its leaf number (the first entry ever is leaf 0) and its id. A trail of which the end was cut off, or made anew with the real key, is whole
in itself: only who kept a checkpoint can tell.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

import msgspec
from msgspec import Struct

from callwell.compliance.merkle import leaf_hash, root_by_proof, root_of
from callwell.compliance.seals import NOTHING, Leaves, Sealed, Statement, is_signed_by, read_seal, read_statement

Kind = Literal["changed", "missing", "extra", "out_of_order", "signature", "chain", "forked", "truncated", "identity", "unreadable"]

MOST_PROBLEMS = 100
"""So many are told; the first is what matters."""


class Fault(Struct, frozen=True, kw_only=True):
    """Something that is not as it was sealed."""

    kind: Kind
    said: str
    seal: int | None = None
    leaf: int | None = None
    entry: str | None = None


class Verdict(Struct, frozen=True):
    """What was found. ``entries`` were vouched for by seals; ``unsealed`` came too late for the last one, and nothing can be said of them."""

    is_good: bool
    seals: int
    entries: int
    unsealed: int
    identities: int
    """How many commitments were checked."""
    keys: list[str]
    """The public keys of the seals. Whether they are the deployment's is known to who has its key from elsewhere."""
    newest: str | None
    """The last seal's hash."""
    problems: list[Fault]


class _Entry(Struct, frozen=True):
    """As much of an entry as its identity is held to."""

    entry: str
    identity_commitment: str | None = None
    address_commitment: str | None = None
    user_agent_commitment: str | None = None


class _Identity(Struct, frozen=True):
    identity_of: str
    salt: str
    identity: str | None = None
    address: str | None = None
    user_agent: str | None = None


class _End(Struct, frozen=True):
    seals: int
    entries: int


_entry, _identity = msgspec.json.Decoder(_Entry), msgspec.json.Decoder(_Identity)
_leaves, _end = msgspec.json.Decoder(Leaves), msgspec.json.Decoder(_End)


class Verifier:
    """Hears the lines of a trail in their order, and then tells what it makes of them. Holds the hashes of one seal's entries at a time."""

    def __init__(self, *, keys: Sequence[str] = (), checkpoints: Sequence[Sealed] = (), after: Sealed | None = None) -> None:
        """``keys``: seals by any other are bad; where none are given, those of the checkpoints. ``checkpoints``: seals that were kept elsewhere.

        ``after``: the seal before the first line that is read, where that is not the beginning; it is believed. Raises msgspec.MsgspecError where it
        says nothing.
        """
        self.problems: list[Fault] = []
        self._kept: dict[int, Sealed] = {}
        self._keys = frozenset(keys)
        for one in checkpoints:
            self._keep(one)
        if not keys:
            self._keys = frozenset(read_statement(one.statement).key for one in self._kept.values())
        self._seen_keys: dict[str, None] = {}
        self._ids: list[bytes] = []
        self._hashes: list[bytes] = []
        self._listed: Leaves | None = None
        self._last_entry = b""
        self._strangers: list[Fault] = []
        self._last: Sealed | None = None
        self._number = 0
        self._sealed = 0
        self._read = 0
        self._seals = 0
        self._identities = 0
        self._is_export = self._has_end = False
        if after is not None:
            said = read_statement(after.statement)
            self._last, self._number, self._sealed = after, said.seal, said.first_leaf + said.leaf_count

    def _keep(self, checkpoint: Sealed) -> None:
        try:
            said = read_statement(checkpoint.statement)
        except msgspec.MsgspecError:
            self._report("unreadable", "A checkpoint is none.")
            return
        if not is_signed_by(checkpoint, said.key) or (self._keys and said.key not in self._keys):
            self._report("signature", f"The checkpoint of seal {said.seal} is not signed by the deployment's key.", seal=said.seal)
            return
        self._kept[said.seal] = checkpoint

    # ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, line: bytes) -> None:
        """The next line, without its line feed."""
        if line.startswith(b'{"entry":"'):
            self._ids.append(line[10:46])
            self._hashes.append(sha256(b"\x00" + line).digest())
            self._last_entry = line
            self._read += 1
            return
        try:
            self._read_other(line)
        except (msgspec.MsgspecError, ValueError):
            self._report("unreadable", f"After {self._read} entries there is a line that belongs to no trail.")

    def _read_other(self, line: bytes) -> None:
        if line.startswith(b'{"seal":') and (sealed := read_seal(line)):
            self._check_seal(sealed)
        elif line.startswith(b'{"leaves_of":'):
            self._listed = _leaves.decode(line)
        elif line.startswith(b'{"identity_of":'):
            self._check_identity(_identity.decode(line))
        elif line.startswith(b'{"trail":1,') and not self._read and not self._is_export:
            self._is_export = True
        elif line.startswith(b'{"end":1,') and self._is_export:
            self._check_end(_end.decode(line))
        else:
            raise ValueError(line)

    def report(self, kind: Kind, said: str, *, seal: int | None = None) -> None:
        """What whoever reads the lines found by themselves."""
        self._report(kind, said, seal=seal)

    def end(self) -> Verdict:
        """What is to be said of all that was read."""
        self._report_strangers()
        if self._is_export and not self._has_end:
            self._report("truncated", "The export was cut off: its last line is missing.")
        for number in sorted(number for number in self._kept if number > self._number):
            self._report("truncated", f"The trail ends at seal {self._number}; a checkpoint knows of seal {number}.", seal=number)
        return Verdict(
            is_good=not self.problems,
            seals=self._seals,
            entries=self._sealed,
            unsealed=len(self._ids),
            identities=self._identities,
            keys=list(self._seen_keys),
            newest=self._last.hash if self._last else None,
            problems=self.problems[:MOST_PROBLEMS],
        )

    def _check_end(self, said: _End) -> None:
        self._has_end = True
        if (said.seals, said.entries) != (self._seals, self._read):
            self._report("truncated", f"The export had {said.seals} seals and {said.entries} entries; here are {self._seals} and {self._read}.")

    # ── Seals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _check_seal(self, sealed: Sealed) -> None:
        said = read_statement(sealed.statement)
        self._check_chain(sealed, said)
        if self._is_by_right_key(sealed, said):
            self._check_entries(said)
        self._report_strangers()
        self._last, self._number = sealed, said.seal
        self._seals += 1
        self._sealed = said.first_leaf + said.leaf_count
        self._ids, self._hashes, self._listed = [], [], None

    def check_alone(self, sealed: Sealed, said: Statement) -> None:
        """A seal without the trail that leads to it. What was kept must be of this one."""
        self._is_by_right_key(sealed, said)
        self._check_kept(sealed, said)
        if self._kept and said.seal not in self._kept:
            self._report("chain", f"There is no checkpoint of seal {said.seal}, under which the entry is.", seal=said.seal)

    def _check_kept(self, sealed: Sealed, said: Statement) -> None:
        kept = self._kept.get(said.seal)
        if kept is not None and kept.statement != sealed.statement:
            self._report("forked", f"Seal {said.seal} is another than the one in the checkpoint.", seal=said.seal)

    def _check_chain(self, sealed: Sealed, said: Statement) -> None:
        self._check_kept(sealed, said)
        if said.seal != self._number + 1:
            self._report("chain", f"Seal {self._number + 1} is missing: the next one is seal {said.seal}.", seal=self._number + 1)
        elif (said.previous, said.first_leaf) != (self._last.hash if self._last else NOTHING, self._sealed):
            self._report("chain", f"Seal {said.seal} does not follow from the one before it.", seal=said.seal)

    def _is_by_right_key(self, sealed: Sealed, said: Statement) -> bool:
        self._seen_keys[said.key] = None
        if not is_signed_by(sealed, said.key):
            self._report("signature", f"The signature of seal {said.seal} is not right: what it says was changed.", seal=said.seal)
            return False
        if self._keys and said.key not in self._keys:
            self._report("signature", f"Seal {said.seal} is signed with another key: {said.key}.", seal=said.seal)
        return True

    def _check_entries(self, said: Statement) -> None:
        is_as_sealed = len(self._hashes) == said.leaf_count and root_of(self._hashes).hex() == said.root
        listed = self._listed
        if listed is None:
            if not is_as_sealed:
                self._report("changed", f"The entries under seal {said.seal} are not those that were sealed.", seal=said.seal)
            return
        ids, leaves = _parted(bytes.fromhex(listed.ids), 16), _parted(bytes.fromhex(listed.hashes), 32)
        if listed.leaves_of != said.seal or root_of(leaves).hex() != said.root or sha256(b"".join(ids)).hexdigest() != said.ids:
            also = "" if is_as_sealed else ", and neither are its entries"
            self._report("changed", f"The list of the entries under seal {said.seal} is not as it was sealed{also}.", seal=said.seal)
        elif not is_as_sealed:
            self._report_first(said, [f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}".encode() for id in map(bytes.hex, ids)], leaves)

    def _report_first(self, said: Statement, ids: list[bytes], leaves: list[bytes]) -> None:
        """Names the first entry that is not where it was, or not as it was."""
        at = next(
            (n for n, (is_now, was) in enumerate(zip(self._hashes, leaves, strict=False)) if is_now != was), min(len(self._hashes), len(leaves))
        )
        leaf = said.first_leaf + at
        was, now = (list_[at] if at < len(list_) else None for list_ in (ids, self._ids))
        if now == was:
            kind, entry, words = "changed", was, "was changed"
        elif now is not None and (now not in ids or now in self._ids[:at]):
            is_replaced = was is not None and was not in self._ids and len(self._ids) == len(ids)
            kind, entry, words = ("missing", was, "is missing") if is_replaced else ("extra", now, "was put in")
        elif was not in self._ids:
            kind, entry, words = "missing", was, "is missing"
        else:
            kind, entry, words = "out_of_order", was, "is not in its place"
        named = (entry or b"?").decode(errors="replace")
        self._report(kind, f"Entry {named}, leaf {leaf} under seal {said.seal}, {words}.", seal=said.seal, leaf=leaf, entry=named)

    # ── Who it was ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _check_identity(self, told: _Identity) -> None:
        entry, salt = _entry.decode(self._last_entry), bytes.fromhex(told.salt)
        pairs = (
            (told.identity, entry.identity_commitment),
            (told.address, entry.address_commitment),
            (told.user_agent, entry.user_agent_commitment),
        )
        self._identities += sum(value is not None for value, _ in pairs)
        is_right = all(value is None or sha256(salt + value.encode()).hexdigest() == committed for value, committed in pairs)
        if told.identity_of != entry.entry or not is_right:
            leaf = self._sealed + len(self._ids) - 1
            said = f"Who entry {entry.entry}, leaf {leaf}, was about is not who it was written for."
            self._strangers.append(Fault(kind="identity", said=said, leaf=leaf, entry=entry.entry))

    def _report_strangers(self) -> None:
        """After what is told of the entries themselves: where an entry was changed, that is what matters."""
        self.problems += self._strangers[: MOST_PROBLEMS - len(self.problems)]
        self._strangers = []

    def _report(self, kind: Kind, said: str, *, seal: int | None = None, leaf: int | None = None, entry: str | None = None) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Fault(kind=kind, said=said, seal=seal, leaf=leaf, entry=entry))


def _parted(joined: bytes, size: int) -> list[bytes]:
    return [joined[at : at + size] for at in range(0, len(joined), size)]


# ── One entry ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Proof(Struct, frozen=True):
    """That one entry was sealed: with the hashes beside its way up it comes to the root that the seal names."""

    proof: int
    leaf: int
    entry: str
    """The entry's line, byte for byte."""
    index: int
    """Its place under the seal."""
    path: list[str]
    seal: str
    """The seal's line."""


def verify_proof(text: bytes, *, keys: Sequence[str] = (), checkpoints: Sequence[Sealed] = ()) -> Verdict:
    """Whether the entry is what was sealed. Raises msgspec.MsgspecError where the text is no proof."""
    proof = msgspec.json.decode(text, type=Proof)
    verifier = Verifier(keys=keys, checkpoints=checkpoints)
    sealed = read_seal(proof.seal.encode())
    if sealed is None:
        raise msgspec.ValidationError("The proof has no seal.")
    said = read_statement(sealed.statement)
    root = root_by_proof(leaf_hash(proof.entry.encode()), proof.index, said.leaf_count, _path(proof))
    if root is None or root.hex() != said.root or proof.leaf != said.first_leaf + proof.index:
        verifier.report("changed", f"The entry is not the one that was sealed as leaf {proof.leaf}.", seal=said.seal)
    verifier.check_alone(sealed, said)
    problems = verifier.problems
    return Verdict(not problems, 1, 0 if problems else 1, 0, 0, [said.key], sealed.hash, problems)


def _path(proof: Proof) -> list[bytes]:
    try:
        return [bytes.fromhex(one) for one in proof.path]
    except ValueError:
        raise msgspec.ValidationError("The proof's path is not in hex.") from None
