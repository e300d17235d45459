"""Merkle trees as RFC 6962 has them: the root of a list, the proof that something is in it, and what such a proof comes to.

A leaf's hash begins with another byte than an inner node's, so that none can pass for the other.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes; of none the hash of nothing.

    Pairs are joined level by level, and a last one without a pair goes up as it is: that is RFC 6962's split at the largest power of two.
    """
    if not leaves:
        return sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        above = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What a leaf is joined with on its way to the root, from below. Raises IndexError where there is no such leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        level = [root_of(level[at : at + 2]) for at in range(0, len(level), 2)]
        index //= 2
    return path


def root_by_proof(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root of a tree of this size in which the proof puts the leaf at this place; None where the proof fits no such tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    last, root = size - 1, leaf
    for beside in path:
        if last == 0:
            return None
        if index % 2 or index == last:
            root = node_hash(beside, root)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            root = node_hash(root, beside)
        index, last = index // 2, last // 2
    return root if last == 0 else None
