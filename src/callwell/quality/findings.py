"""What is found while watching, as facts. Pure."""

from uuid import UUID

from callwell import ids
from callwell.quality.issues import IssueChange
from callwell.record.events import IssueCleared, IssueRaised, NewEvent


def issue_fact(call_id: UUID, participant_id: UUID, connection_id: UUID, change: IssueChange) -> NewEvent:
    """A problem that was raised or cleared. Its id is made from what decided, so that whoever finds the same tells the same fact.

    How bad it was so far is not part of what makes it the same: who watches knows the last samples alone.
    """
    type = "issue.raised" if change.raised else "issue.cleared"
    decided_by = change.sample_id or change.at.isoformat()
    id = ids.derived_id(call_id, connection_id, type, change.code, change.key, change.severity, decided_by)
    return NewEvent(
        call_id=call_id,
        id=id,
        type=type,
        occurred_at=change.at,
        payload=IssueRaised(change.code, change.key, change.severity, change.value) if change.raised else IssueCleared(change.code, change.key),
        participant=str(participant_id),
        connection=str(connection_id),
        hash=id.bytes,
    )
