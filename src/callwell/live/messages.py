"""What whoever follows calls says over a live socket. docs/reference/protocol.md tells the story; these are its words."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from callwell import errors

Id = Annotated[str, Meta(min_length=1, max_length=100)]
PersonId = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
Version = Annotated[int, Meta(ge=0, le=1 << 53)]


class _Said(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What a follower says."""


class Hello(_Said, frozen=True, tag="hello"):
    token: Annotated[str, Meta(max_length=2000)]


class Subscribe(_Said, frozen=True, kw_only=True, tag="subscribe"):
    """Exactly one of ``call``, ``user``, ``guest`` and ``active`` says what is followed."""

    id: Id
    call: UUID | None = None
    user: PersonId | None = None
    guest: PersonId | None = None
    active: bool | None = None
    since: Version | dict[UUID, Version] | None = None
    """Versions of the calls that the follower has; of one call, where one is followed, the number alone."""


class Unsubscribe(_Said, frozen=True, tag="unsubscribe"):
    id: Id


class Heartbeat(_Said, frozen=True, tag="heartbeat"):
    pass


Said = Subscribe | Unsubscribe | Heartbeat

read_hello = msgspec.json.Decoder(Hello).decode
read_said = msgspec.json.Decoder(Said).decode


class OneCall(Struct, frozen=True):
    """A call, for as long as we have it."""

    id: UUID


class OneWhoIsIn(Struct, frozen=True):
    """The call that somebody is in, whichever it is."""

    identity: str


class AllActive(Struct, frozen=True):
    """Every call that is unfinished."""


Target = OneCall | OneWhoIsIn | AllActive


def target_of(said: Subscribe) -> Target:
    """What is to be followed. Raises Invalid."""
    targets: list[Target] = []
    if said.call is not None:
        targets.append(OneCall(said.call))
    if said.user is not None:
        targets.append(OneWhoIsIn(f"user:{said.user}"))
    if said.guest is not None:
        targets.append(OneWhoIsIn(f"guest:{said.guest}"))
    if said.active:
        targets.append(AllActive())
    if len(targets) != 1:
        raise errors.Invalid(problem="exactly one of call, user, guest and active says what is followed")
    return targets[0]


def known_of(said: Subscribe) -> Mapping[UUID, int]:
    """The versions that the follower has. Raises Invalid."""
    if said.since is None:
        return {}
    if isinstance(said.since, dict):
        return said.since
    if said.call is None:
        raise errors.Invalid(
            problem="since: versions are a call's own; give them as {call: version}", fields={"since": "It must be {call: version}."}
        )
    return {said.call: said.since}
