"""What a trail looks like in lines, and what a seal says: pure, so that a trail can be verified where no database is.

A trail is lines of JSON, each of which tells by its first member what it is:

* ``{"entry":…}``: an entry, byte for byte as it is hashed. Members that are null are left out, so an entry stays what it was when the trail learns
  to tell more.
* ``{"identity_of":…}``: who the entry before it was about, with the salt of its commitments. Only where it was asked for.
* ``{"leaves_of":…}``: ids and leaf hashes of the entries above, as they were when they were sealed; they tell which one is not as it was.
* ``{"seal":…,"signature":…}``: seals the entries above, back to the seal before. Without its last member, the signature, it is the statement that
  was signed. It is a checkpoint, too: who keeps it can tell later whether the trail still leads to it.
* ``{"trail":…}`` and ``{"end":…}``: the first and the last line of an export.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from callwell.compliance.merkle import leaf_hash, root_of

NOTHING = "0" * 64
"""What the first seal names as the hash of the one before it."""

MOST_LEAVES = 1000
"""Entries under one seal at most."""

_SEAL = re.compile(rb'(\{"seal":.*),"signature":"([0-9a-f]{128})"\}', re.DOTALL)


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """What a seal says, in the order in which it says it. Hashes and keys are in hex."""

    seal: int
    """Its number, from 1."""
    first_leaf: int
    """How many entries were sealed before."""
    leaf_count: int
    root: str
    """Of the Merkle tree over the entries (RFC 6962)."""
    ids: str
    """SHA-256 of the entries' ids, 16 bytes each."""
    until_txid: int
    until_id: str
    """The last entry's transaction and id."""
    previous: str
    """SHA-256 of the statement of the seal before."""
    sealed_at: str
    key: str
    """The public key that it is signed with (Ed25519)."""


class Leaves(Struct, frozen=True):
    """The entries under a seal, as they were sealed."""

    leaves_of: int
    ids: str
    hashes: str


class Sealed(Struct, frozen=True):
    """A seal: what it says, byte for byte, and the signature over that."""

    statement: bytes
    signature: bytes

    @property
    def line(self) -> bytes:
        return self.statement[:-1] + b',"signature":"' + self.signature.hex().encode() + b'"}'

    @property
    def hash(self) -> str:
        """What the next seal names as the one before it."""
        return sha256(self.statement).hexdigest()


def seal_entries(
    key: Ed25519PrivateKey, before: Sealed | None, entries: Sequence[bytes], ids: Sequence[bytes], until_txid: int, until_id: str, sealed_at: str
) -> tuple[Sealed, list[bytes]]:
    """The seal over these entries, and their leaf hashes."""
    leaves = [leaf_hash(entry) for entry in entries]
    last = read_statement(before.statement) if before else None
    said = Statement(
        seal=last.seal + 1 if last else 1,
        first_leaf=last.first_leaf + last.leaf_count if last else 0,
        leaf_count=len(entries),
        root=root_of(leaves).hex(),
        ids=sha256(b"".join(ids)).hexdigest(),
        until_txid=until_txid,
        until_id=until_id,
        previous=before.hash if before else NOTHING,
        sealed_at=sealed_at,
        key=public_key(key),
    )
    statement = msgspec.json.encode(said)
    return Sealed(statement, key.sign(statement)), leaves


def read_statement(statement: bytes) -> Statement:
    """Raises msgspec.MsgspecError where it is none."""
    return _statements.decode(statement)


_statements = msgspec.json.Decoder(Statement)


def read_seal(line: bytes) -> Sealed | None:
    """The seal in a line, or None where there is none. What it says is not looked at."""
    found = _SEAL.fullmatch(line)
    return Sealed(found[1] + b"}", bytes.fromhex(found[2].decode())) if found else None


def is_signed_by(sealed: Sealed, key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(sealed.signature, sealed.statement)
    except (InvalidSignature, ValueError):
        return False
    return True


# ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def leaves_line(number: int, entry_ids: bytes, leaf_hashes: bytes) -> bytes:
    return msgspec.json.encode(Leaves(number, entry_ids.hex(), leaf_hashes.hex()))


def first_line(key: str, at: str) -> bytes:
    return msgspec.json.encode({"trail": 1, "key": key, "exported_at": at})


def end_line(seals: int, entries: int) -> bytes:
    """Counts all seals and entries of the export, so that one that was cut off is noticed."""
    return msgspec.json.encode({"end": 1, "seals": seals, "entries": entries})


def identity_line(entry_id: str, salt: bytes, identity: str | None, address: str | None, user_agent: str | None) -> bytes:
    told: dict[str, Any] = {"identity_of": entry_id, "salt": salt.hex(), "identity": identity, "address": address, "user_agent": user_agent}
    return msgspec.json.encode({name: value for name, value in told.items() if value is not None})


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def derived_key(secret: bytes) -> Ed25519PrivateKey:
    """The key of a deployment, out of its secret key: it can be made again, and tells nothing of that."""
    seed = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"callwell audit seals").derive(secret)
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key(key: Ed25519PrivateKey) -> str:
    """In hex, as seals name it."""
    return key.public_key().public_bytes_raw().hex()
