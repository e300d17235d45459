"""Merkle trees: the vectors of RFC 6962's own tests, proofs of every place in trees of every small size, and what is no proof."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, strategies as st

from callwell.compliance.merkle import inclusion_proof, leaf_hash, node_hash, root_by_proof, root_of

LEAVES = [bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]

ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first none, one, two … of the leaves."""


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_vectors(size: int) -> None:
    """The trees over the first leaves have the roots that certificate transparency's own tests have."""
    assert root_of([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_root_is_what_the_rfc_says(entries: list[bytes]) -> None:
    """Level by level comes to the same as the definition: the hash over two trees, parted at the largest power of two below the size."""
    leaves = [leaf_hash(entry) for entry in entries]

    assert root_of(leaves) == defined(leaves)


def defined(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256().digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(defined(leaves[:half]), defined(leaves[half:]))


def test_every_leaf_of_every_small_tree_is_proved() -> None:
    """The proof of each place leads to the root, from that place alone and with that leaf alone."""
    for size in range(1, 34):
        leaves = [leaf_hash(bytes([n])) for n in range(size)]
        for index in range(size):
            path = inclusion_proof(leaves, index)
            assert root_by_proof(leaves[index], index, size, path) == root_of(leaves)
            assert root_by_proof(leaf_hash(b"other"), index, size, path) != root_of(leaves)
            if index:
                assert root_by_proof(leaves[index], index - 1, size, path) != root_of(leaves)


@given(st.integers(1, 40), st.data())
def test_what_is_no_proof_leads_nowhere(size: int, data: st.DataObject) -> None:
    """A proof that is too short, too long, changed in a bit or for no place in the tree does not lead to the root."""
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(leaves, index)
    bad = [[*path, leaves[0]]]
    if path:
        at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(path[at]) ^ 1 << bit).to_bytes(32)
        bad += [path[:-1], [*path[:at], flipped, *path[at + 1 :]]]

    assert all(root_by_proof(leaves[index], index, size, one) != root_of(leaves) for one in bad)
    assert root_by_proof(leaves[index], size, size, path) is None
    assert root_by_proof(leaves[index], -1, size, path) is None


def test_there_is_no_proof_of_what_is_not_there() -> None:
    with pytest.raises(IndexError):
        inclusion_proof([leaf_hash(b"")], 1)
