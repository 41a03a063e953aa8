"""What becomes of a contact when a source says something about it.

A person's edit outranks a site. Empty never erases. Lists and tags gather; a source takes away only
what it gave. A "no" is never undone by a site.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from connectors.reading.frozen import frozen
from sync.mapping import CLOSED, Wanted
from sync.policy import Policy


@frozen
class Known:
    """A contact as it is here. ``edited``: targets that a person filled, "email" among them.

    ``origins``: where values came from, by target.
    """

    id: UUID
    address: str
    status: str
    email: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    origins: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection does with people: the status of new ones, and what everybody gets.

    ``left``: lists and tags that a row named before and does not name any more. ``policy``: which
    fields of a contact may change, None for all.
    """

    new_status: str = "active"
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    left: frozenset[UUID] = frozenset()
    policy: Policy | None = None


@frozen
class Create:
    """Somebody new."""

    wanted: Wanted
    status: str
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()


@frozen
class Update:
    """A contact that changes. ``email`` and ``address`` are "" unless it is renamed.

    ``overwrites``: whether something that was known is lost, rather than added.
    """

    id: UUID
    wanted: Wanted
    fields: Mapping[str, str] = field(default_factory=dict)
    email: str = ""
    address: str = ""
    status: str = ""
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    left: frozenset[UUID] = frozenset()
    overwrites: bool = False


@frozen
class Keep:
    """A contact that stays as it is."""

    id: UUID
    wanted: Wanted


@frozen
class Refuse:
    """Nobody known says no: the address is noted, so that no other source brings it in."""

    wanted: Wanted


Decision = Create | Update | Keep | Refuse


def decide(wanted: Wanted, known: Known | None, terms: Terms, refusal: str = "") -> Decision:
    """What becomes of ``known`` (None: nobody yet).

    ``refusal`` is the closed status that the wanted address has earned ("" for none): nobody
    with it is active, neither as a new contact nor by being renamed to it.
    """
    if known is None:
        if wanted.skip:
            return Refuse(wanted)
        pending = "pending" if wanted.status == "pending" else terms.new_status
        return Create(wanted, refusal or _said(wanted) or pending, terms.lists, terms.tags)
    rename = wanted.address != known.address and _may(known, "email", known.email, terms.policy)
    fields = {
        target: value
        for target, value in wanted.fields.items()
        if value
        and value != (here := known.fields.get(target, ""))
        and _may(known, target, here, terms.policy)
    }
    closes = "" if known.status in CLOSED else _said(wanted) or refusal
    update = Update(
        known.id,
        wanted,
        fields,
        wanted.email if rename else "",
        wanted.address if rename else "",
        closes,
        terms.lists - known.lists,
        terms.tags - known.tags,
        terms.left & (known.lists | known.tags),
        rename or bool(closes) or any(known.fields.get(target) for target in fields),
    )
    changes = (fields, rename, closes, update.lists, update.tags, update.left)
    return update if any(changes) else Keep(known.id, wanted)


def gather(wanted: Wanted, known: Known, terms: Terms) -> Decision:
    """What an older thing that she did still brings: lists and tags."""
    lists, tags = terms.lists - known.lists, terms.tags - known.tags
    if lists or tags:
        return Update(known.id, wanted, lists=lists, tags=tags)
    return Keep(known.id, wanted)


def _may(known: Known, target: str, here: str, policy: Policy | None) -> bool:
    """Whether a site may change ``target``: a person's edit outranks it, and so does the policy."""
    return target not in known.edited and (policy is None or policy.lets(target, here))


def _said(wanted: Wanted) -> str:
    """The "no" of a source; a source's "yes" opens nothing."""
    return wanted.status if wanted.status in CLOSED else ""
