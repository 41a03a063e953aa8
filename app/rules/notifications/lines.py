"""Fields in a text, line by line: "Label: value", values over several lines, dashed headings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.rules.notifications.entries import (
    LONGEST_LABEL,
    Entry,
    cleaned,
    is_email,
    is_message,
    is_personal,
    is_subject,
)

#: Stand around what a page shows in bold at the beginning of a line.
BOLD, PLAIN = "\ue000", "\ue001"
_MOST_LINES = 5_000
_MOST_WORDS = 10
_BOLD = re.compile(f"\\s*{BOLD}([^{PLAIN}]*){PLAIN}\\s*[:：]?(.*)", re.DOTALL)
_LABEL = re.compile(r"\s*(?:[-*•]\s+)?([^\s:：][^:：]{0,119}?)\s*(?::(?=\s|$)|：)\s*(.*)")
_DASHED = re.compile(r"--- (.{1,200}) ---\s*")
_MARKS = re.compile(f"[{BOLD}{PLAIN}]")


@dataclass(slots=True)
class _Open:
    """A field that is being read; it takes in what follows until the next one begins."""

    label: str
    lines: list[str] = field(default_factory=list)
    is_over: bool = False

    def entry(self) -> Entry:
        return Entry(self.label, "\n".join(self.lines).strip())


def plain(text: str) -> str:
    """Text without the marks of what was bold."""
    return _MARKS.sub("", text)


def fields(text: str) -> list[Entry]:
    """The fields of a text, in their order, as they are written there."""
    lines = text.split("\n")[:_MOST_LINES]
    if any(_DASHED.fullmatch(line) for line in lines):
        return list(_dashed(lines))
    return list(_labelled(lines))


def _dashed(lines: Sequence[str]) -> Iterator[Entry]:
    """``--- Label ---`` above each value."""
    now: _Open | None = None
    for line in lines:
        if heading := _DASHED.fullmatch(line):
            if now:
                yield now.entry()
            now = _Open(cleaned(heading[1]))
        elif now and line.rstrip() == "--":
            break
        elif now:
            now.lines.append(plain(line))
    if now:
        yield now.entry()


def _labelled(lines: Sequence[str]) -> Iterator[Entry]:
    now: _Open | None = None
    for line in lines:
        if plain(line).rstrip() in ("--", "—"):
            break  # what follows is a signature
        found = _label(line)
        if found and (now is None or _begins(found[0], now)):
            if now:
                yield now.entry()
            label, value = found
            now = _Open(label, [value] if value else [])
        elif now:
            _go_on(now, plain(line))
    if now:
        yield now.entry()


def _go_on(now: _Open, line: str) -> None:
    """A value goes on in the next line; after a blank one only where people write paragraphs."""
    if not line.strip() and now.lines and not is_message(now.label):
        now.is_over = True
    if not now.is_over:
        now.lines.append(line)


def _begins(label: str, now: _Open) -> bool:
    """Whether a line is the next field. Into a message somebody may write what looks like one: only
    what every form asks for ends it.
    """
    if not is_message(now.label) or now.is_over:
        return True
    return bool(now.lines) and (is_email(label) or is_subject(label) or is_personal(label))


def _label(line: str) -> tuple[str, str] | None:
    """A line's label and what follows it."""
    if bold := _BOLD.fullmatch(line[: LONGEST_LABEL * 40]):
        label = cleaned(bold[1])
        if 0 < len(label) <= LONGEST_LABEL:
            return label, plain(bold[2]).strip()
    found = _LABEL.fullmatch(plain(line))
    if found is None or not _is_label(found[1]):
        return None
    return cleaned(found[1]), found[2].strip()


def _is_label(text: str) -> bool:
    label = cleaned(text)
    if not label or "@" in label or ". " in label or label.startswith((">", "http")):
        return False
    return len(label.split()) <= _MOST_WORDS and any(sign.isalpha() for sign in label)
