"""A notification mail as a row: what somebody sent with a form, or why it is none."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.rules import notifications
from app.rules.notifications import Door, Entry, Mail, Notification
from app.rules.notifications.trust import Objection
from connectors import Incoming, Pull
from connectors.reading import forms
from connectors.reading.forms import Said, Submission
from connectors.reading.walk import Noticed

_LONGEST_KEY = 60
_NONE = Objection("rejected_by_mapping", "It is no notification of a form.")


def incoming(mail: Mail, door: Door, pull: Pull, noticed: Noticed) -> Incoming:
    """A mail in our words. Of one that does not count only its sender is told, and why."""
    if against := notifications.objection(mail, door):
        return _left_out(mail, against)
    by_subject = pull.options.get("form_by_subject") is True
    otherwise = " ".join(str(pull.options.get("form_name") or "").split())
    found = notifications.notification(mail, by_subject=by_subject, otherwise=otherwise)
    if found is None:
        return _left_out(mail, _NONE, {"subject": mail.subject})
    return _row(mail, found, pull, noticed)


def _row(mail: Mail, found: Notification, pull: Pull, noticed: Noticed) -> Incoming:
    form = key_of(found.form) or "form"
    said = [_said(entry) for entry in found.entries]
    sent = Submission(0, form, found.form, mail.at, said)
    row = forms.incoming(sent, pull, noticed)
    return replace(row, source_id=mail.id, email=found.email)


def _said(entry: Entry) -> Said:
    words = entry.value if entry.kind == "consent" else ""
    is_box_alone = words.casefold() in ("", "1", "on", "x", "yes", "true") or len(words) < 4
    text = "" if is_box_alone else words
    return Said(key_of(entry.label) or "field", entry.label, entry.value, entry.kind, text)


def _left_out(mail: Mail, against: Objection, more: Mapping[str, str] | None = None) -> Incoming:
    told: dict[str, Any] = {"from": ", ".join(mail.senders[:3]), **(more or {})}
    return Incoming(mail.id, "", {**told, "why": against.sentence}, skip=against.reason)


def key_of(name: str) -> str:
    """The key of a form or field for what a mail calls it: letters of every script, no dots."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")[:_LONGEST_KEY].strip("_")
