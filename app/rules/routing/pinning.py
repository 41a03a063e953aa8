"""Whose name a campaign bears: what was set by hand stays, the rest follows the pinned relay."""

from collections.abc import Iterable, Mapping

#: The fields that a campaign takes from its pinned relay unless they were set by hand.
SENDER_FIELDS = ("from_email", "from_name", "reply_to_email", "reply_to_name")


def sender_fields(
    current: Mapping[str, str],
    overridden: Iterable[str],
    by_hand: Mapping[str, str | None],
    pin: Mapping[str, str] | None,
) -> tuple[dict[str, str], list[str]]:
    """The sender fields and the names of those set by hand, after a change.

    ``by_hand``: what is set now; an empty value gives the field back to the relay. ``pin``: the
    same fields of the relay that is pinned after the change, None when there is none.
    """
    hand = set(overridden)
    values = dict(current)
    for name, value in by_hand.items():
        values[name] = value or ""
        hand = hand | {name} if value else hand - {name}
    for name in SENDER_FIELDS:
        if name not in hand:
            values[name] = pin[name] if pin else ""
    return values, [name for name in SENDER_FIELDS if name in hand]
