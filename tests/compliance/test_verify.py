"""What somebody can do to a trail, and what the verifier says of it: each kind of it many times over, at random."""

from collections.abc import Callable
from random import Random
from uuid import UUID

import msgspec
import pytest
from tests.compliance.trails import COLUMNS, KEY, NOON, OTHER_KEY, PUBLIC, Entry, Trail, line, verdict_of

from callwell.compliance.merkle import inclusion_proof
from callwell.compliance.seals import Leaves, end_line, first_line, public_key, read_seal, read_statement
from callwell.compliance.verify import Proof, Verdict, verify_proof

TIMES = [pytest.param(100, id="100"), pytest.param(1000, id="1000", marks=pytest.mark.long)]


def test_a_trail_that_nobody_touched_is_good() -> None:
    """All is counted, and nothing found."""
    trail = Trail(Random(1))

    verdict = verdict_of([*trail.lines(), line(trail.new_entry(9))], keys=[PUBLIC], checkpoints=trail.sealed)

    entries = sum(map(len, trail.groups))
    assert verdict == Verdict(True, 4, entries, 1, 0, [PUBLIC], trail.sealed[-1].hash, [])


def test_a_trail_in_which_nothing_happened_is_good() -> None:
    assert verdict_of([], keys=[PUBLIC]).is_good


Tamper = Callable[[Trail, list[Entry], Random], None]


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def mutate(trail: Trail, group: list[Entry], chance: Random) -> None:
    """One column of one entry: another value, null, or a value where none was."""
    entry = chance.choice(group)
    column = chance.choice(("entry", "txid", *COLUMNS))
    if column == "entry":
        entry["entry"] = str(UUID(int=chance.getrandbits(128)))
    elif column == "txid":
        entry["txid"] += chance.choice((-1, 1))
    elif column in entry and column not in ("at", "action", "caller", "metadata") and chance.random() < 0.3:
        del entry[column]
    else:
        # Members keep the order of the columns, as the database gives them.
        entry[column] = trail.value(column)
        told = {name: entry[name] for name in ("entry", "txid", *COLUMNS) if name in entry}
        entry.clear()
        entry.update(told)


def delete(trail: Trail, group: list[Entry], chance: Random) -> None:
    del group[chance.randrange(len(group))]


def insert(trail: Trail, group: list[Entry], chance: Random) -> None:
    group.insert(chance.randint(0, len(group) - 1), trail.new_entry(0))


def repeat(trail: Trail, group: list[Entry], chance: Random) -> None:
    at = chance.randrange(len(group))
    group.insert(at, dict(group[at]))


def swap(trail: Trail, group: list[Entry], chance: Random) -> None:
    if len(group) < 2:
        group.append(trail.new_entry(0))
        trail.seal_from(0)
    one, other = chance.sample(range(len(group)), 2)
    group[one], group[other] = group[other], group[one]


def replace(trail: Trail, group: list[Entry], chance: Random) -> None:
    group[chance.randrange(len(group))] = trail.new_entry(0)


KINDS: dict[Tamper, set[str]] = {
    mutate: {"changed", "missing"},
    delete: {"missing"},
    insert: {"extra"},
    repeat: {"extra", "out_of_order"},
    swap: {"out_of_order"},
    replace: {"missing"},
}


@pytest.mark.parametrize("tamper", KINDS, ids=lambda tamper: tamper.__name__)
@pytest.mark.parametrize("times", TIMES)
def test_what_is_done_to_an_entry_is_found_and_the_first_bad_one_named(times: int, tamper: Tamper) -> None:
    """Every time: that it was done, at which leaf first, and that all other seals are right."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance)
        number = chance.randrange(len(trail.groups))
        before = [[line(entry) for entry in group] for group in trail.groups]
        tamper(trail, trail.groups[number], chance)
        if tamper is swap:
            before[number] = sorted((line(entry) for entry in trail.groups[number]), key=lambda one: list_place(trail, number, one))
        after = [line(entry) for entry in trail.groups[number]]
        if after == before[number]:
            continue  # the same value by chance

        verdict = verdict_of(trail.lines(), keys=[PUBLIC])

        first = next(
            (n for n, pair in enumerate(zip(before[number], after, strict=False)) if pair[0] != pair[1]), min(len(before[number]), len(after))
        )
        assert len(verdict.problems) == 1, (seed, verdict)
        problem = verdict.problems[0]
        leaf = sum(len(group) for group in before[:number]) + first
        assert (problem.seal, problem.leaf) == (number + 1, leaf), (seed, problem)
        assert problem.kind in KINDS[tamper], (seed, problem)


def list_place(trail: Trail, number: int, one: bytes) -> int:
    """Where the seal has an entry."""
    ids = bytes.fromhex(msgspec.json.decode(trail.leaves[number], type=Leaves).ids)
    return [ids[at : at + 16] for at in range(0, len(ids), 16)].index(UUID(msgspec.json.decode(one)["entry"]).bytes)


@pytest.mark.parametrize("times", TIMES)
def test_an_entry_that_is_moved_under_another_seal_is_found(times: int) -> None:
    """It is missing under the one and too many under the other."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance)
        one, other = chance.sample(range(len(trail.groups)), 2)
        entry = trail.groups[one].pop(chance.randrange(len(trail.groups[one])))
        trail.groups[other].insert(chance.randint(0, len(trail.groups[other])), entry)

        problems = verdict_of(trail.lines()).problems

        assert {problem.seal: (problem.kind, problem.entry) for problem in problems} == {
            one + 1: ("missing", entry["entry"]),
            other + 1: ("extra", entry["entry"]),
        }


# ── The tail ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", TIMES)
def test_a_tail_that_was_cut_off_is_missed_without_a_checkpoint_and_found_with_it(times: int) -> None:
    """What is left is whole in itself. Whoever kept a checkpoint of what is gone can tell."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance, seals=chance.randint(2, 6))
        kept, left = trail.sealed[-1], chance.randrange(len(trail.groups))
        trail.truncate(left)

        assert verdict_of(trail.lines(), keys=[PUBLIC]).is_good
        found = verdict_of(trail.lines(), keys=[PUBLIC], checkpoints=[kept])
        assert [(problem.kind, problem.seal) for problem in found.problems] == [("truncated", read_statement(kept.statement).seal)]


@pytest.mark.parametrize("times", TIMES)
def test_a_tail_made_anew_with_the_real_key_is_missed_without_a_checkpoint_and_found_with_it(times: int) -> None:
    """Whoever has the key can write another history. It is another one: the checkpoint says so, and at which seal."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance)
        kept, number = list(trail.sealed), chance.randrange(len(trail.groups))
        chance.choice(trail.groups[number])["caller"] = "somebody else"
        trail.seal_from(number)

        assert verdict_of(trail.lines(), keys=[PUBLIC]).is_good
        newest = verdict_of(trail.lines(), keys=[PUBLIC], checkpoints=kept[-1:])
        assert [(problem.kind, problem.seal) for problem in newest.problems] == [("forked", len(kept))]
        all_of_them = verdict_of(trail.lines(), keys=[PUBLIC], checkpoints=kept)
        assert (all_of_them.problems[0].kind, all_of_them.problems[0].seal) == ("forked", number + 1)


@pytest.mark.parametrize("times", TIMES)
def test_a_tail_made_anew_with_another_key_is_found_by_the_key(times: int) -> None:
    """Who knows the deployment's key needs no checkpoint for that."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance)
        number = chance.randrange(len(trail.groups))
        chance.choice(trail.groups[number])["caller"] = "somebody else"
        trail.seal_from(number, OTHER_KEY)

        found = verdict_of(trail.lines(), keys=[PUBLIC])

        assert (found.problems[0].kind, found.problems[0].seal) == ("signature", number + 1)
        assert verdict_of(trail.lines(), keys=[PUBLIC, public_key(OTHER_KEY)]).is_good


@pytest.mark.parametrize("times", TIMES)
def test_a_fork_is_found_by_the_checkpoint_of_the_other_branch(times: int) -> None:
    """Two trails that go on differently from the same seal: each is good, and none leads to the other's checkpoint."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance, seals=5)
        kept, number = list(trail.sealed), chance.randrange(5)
        trail.groups[number:] = [[trail.new_entry(number + n) for _ in range(chance.randint(1, 9))] for n in range(chance.randint(5 - number, 9))]
        trail.seal_from(number)

        assert verdict_of(trail.lines(), keys=[PUBLIC]).is_good
        found = verdict_of(trail.lines(), keys=[PUBLIC], checkpoints=kept)
        assert (found.problems[0].kind, found.problems[0].seal) == ("forked", number + 1)


# ── Seals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", TIMES)
def test_a_seal_that_was_changed_is_found(times: int) -> None:
    """One byte of what it says, of its signature or of the list of its leaves: the seal is named."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance)
        number = chance.randrange(len(trail.groups))
        lines = list(trail.lines())
        own = chance.choice((trail.sealed[number].line, trail.leaves[number]))
        at = lines.index(own)
        place = chance.randrange(8, len(own) - 2)
        digit = own[place : place + 1]
        lines[at] = own[:place] + (b"1" if digit != b"1" else b"2") + own[place + 1 :]

        verdict = verdict_of(lines, keys=[PUBLIC])

        assert not verdict.is_good, (seed, lines[at])


@pytest.mark.parametrize("times", TIMES)
def test_a_seal_that_is_missing_or_in_another_place_is_found(times: int) -> None:
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance)
        lines = list(trail.lines())
        one, other = sorted(chance.sample(range(len(trail.groups)), 2))
        first, second = lines.index(trail.sealed[one].line), lines.index(trail.sealed[other].line)
        if chance.random() < 0.5:
            lines[first], lines[second] = lines[second], lines[first]
        else:
            del lines[first]

        problem = verdict_of(lines).problems[0]

        assert (problem.kind, problem.seal) == ("chain", one + 1)


def test_seals_by_another_key_are_told_where_no_key_is_given() -> None:
    """The verdict names the keys: whoever has the deployment's from elsewhere can compare."""
    trail = Trail(Random(1))
    trail.seal_from(0, OTHER_KEY)

    assert verdict_of(trail.lines()).keys == [public_key(OTHER_KEY)]
    assert verdict_of(trail.lines(), keys=[PUBLIC]).problems[0].kind == "signature"


def test_a_checkpoint_that_is_none_proves_nothing() -> None:
    """One that somebody else signed is bad by itself."""
    trail, other = Trail(Random(1)), Trail(Random(1))
    other.seal_from(0, OTHER_KEY)

    assert verdict_of(trail.lines(), keys=[PUBLIC], checkpoints=other.sealed[-1:]).problems[0].kind == "signature"


# ── Who it was ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", TIMES)
def test_identities_that_were_changed_or_swapped_are_found(times: int) -> None:
    """Somebody else's name under an entry is found, whoever's it is; somebody who was erased is not missed."""
    for seed in range(times):
        chance = Random(seed)
        trail = Trail(chance, most=20)
        places = [(group, at) for group in range(4) for at in range(len(trail.groups[group]))]
        for n, (group, at) in enumerate(places):
            trail.name(group, at, f"user:{n}", chance.randbytes(16))
        trail.seal_from(0)
        assert verdict_of(trail.lines()).identities == len(places)
        ((one, other),) = [sorted(chance.sample(range(len(places)), 2))]
        ids = [trail.groups[group][at]["entry"] for group, at in places]
        told = dict(trail.identities)

        swapped = chance.random() < 0.5
        trail.identities[ids[one]] = (
            told[ids[other]].replace(ids[other].encode(), ids[one].encode()) if swapped else told[ids[one]].replace(b'"user:', b'"user:x')
        )
        problem = verdict_of(trail.lines()).problems[0]
        assert (problem.kind, problem.leaf, problem.entry) == ("identity", one, ids[one])

        trail.identities = {id: line for id, line in told.items() if id != ids[one]}
        assert verdict_of(trail.lines()).is_good


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_export_that_was_cut_off_is_found() -> None:
    """Its last line counts the others: an interrupted download does not pass for a whole one."""
    trail = Trail(Random(1))
    lines = [first_line(PUBLIC, str(NOON)), *trail.lines(), end_line(4, sum(map(len, trail.groups)))]
    assert verdict_of(lines).is_good

    for cut in (lines[:-1], lines[: len(lines) // 2], [*lines[:-3], lines[-1]]):
        assert "truncated" in [problem.kind for problem in verdict_of(cut).problems]


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"null", b'{"seal":1}', b'{"leaves_of":"x"}', b'{"identity_of":"x"}', b"\xff", b'{"end":1,"seals":0,"entries":0}']
)
def test_what_belongs_to_no_trail_is_found(junk: bytes) -> None:
    trail = Trail(Random(1))

    assert verdict_of([*trail.lines(), junk]).problems[0].kind == "unreadable"


def test_a_seals_line_is_what_was_signed_and_the_signature() -> None:
    """It is read back as it was written, and nothing else is taken for one."""
    sealed = Trail(Random(1)).sealed[-1]

    assert read_seal(sealed.line) == sealed
    assert read_seal(sealed.line + b" ") is None
    assert read_seal(sealed.statement) is None


# ── One entry ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def proof_of(trail: Trail, group: int, at: int) -> Proof:
    leaves = bytes.fromhex(msgspec.json.decode(trail.leaves[group], type=Leaves).hashes)
    path = inclusion_proof([leaves[n : n + 32] for n in range(0, len(leaves), 32)], at)
    entry = line(trail.groups[group][at]).decode()
    return Proof(1, trail.first_leaf(group) + at, entry, at, [one.hex() for one in path], trail.sealed[group].line.decode())


def test_every_entry_can_be_proved_and_nothing_else() -> None:
    """The proof holds for the entry as it was sealed, at its leaf, under the deployment's key and the checkpoint of its seal."""
    trail = Trail(Random(3))
    for group, entries in enumerate(trail.groups):
        for at in range(len(entries)):
            proof = proof_of(trail, group, at)
            encoded = msgspec.json.encode(proof)
            assert verify_proof(encoded, keys=[PUBLIC], checkpoints=[trail.sealed[group]]).is_good
            other = msgspec.structs.replace(proof, entry=proof.entry.replace('"caller":"', '"caller":"x'))
            elsewhere = msgspec.structs.replace(proof, leaf=proof.leaf + 1)
            for bad in (other, elsewhere):
                assert verify_proof(msgspec.json.encode(bad), keys=[PUBLIC]).problems[0].kind == "changed"
            assert not verify_proof(encoded, keys=[public_key(OTHER_KEY)]).is_good
            without = verify_proof(encoded, keys=[PUBLIC], checkpoints=[trail.sealed[(group + 1) % 4]])
            assert [problem.kind for problem in without.problems] == ["chain"]


@pytest.mark.parametrize("text", [b"", b"{}", b'{"proof":1,"leaf":0,"entry":"","index":0,"path":["x"],"seal":""}'])
def test_what_is_no_proof_is_told_so(text: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        verify_proof(text, keys=[public_key(KEY)])
