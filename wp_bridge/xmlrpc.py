"""WordPress's older way in, XML-RPC: some plugins' rows can be listed only there."""

import re
import xmlrpc.client as wire
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from wp_bridge.answers import Raw, check_patience, clean, wall
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

PATH = "/xmlrpc.php"
#: Characters that XML forbids and that stored text holds all the same.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NEVER = frozenset({405, -32601})
#: What goes wrong while something is read that is not what it should be.
_NO_ANSWER = (AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError)


def question(method: str, values: Sequence[Any]) -> bytes:
    """A call, ready to be sent."""
    return wire.dumps(tuple(values), method, encoding="UTF-8").encode()


def understand(raw: Raw) -> Any:
    """What was answered; times as ISO text. Raises TryLater, AskTheOwner or NotUnderstood."""
    check_patience(raw)
    start = raw.body.find(b"<?xml")
    if raw.status != 200 or start < 0:
        raise _blocked(raw)
    try:
        said: Any = _root(raw.body[start:])
        if (broken := said.find("fault")) is not None:
            raise _fault(wire.Fault(**_value(broken[0])))
        return _value(said.find("params")[0][0]) if len(said.find("params")) else None
    except ElementTree.ParseError:
        raise TryLater("The site's answer was cut off.") from None
    except _NO_ANSWER:
        raise NotUnderstood("The site's answer is no XML-RPC.") from None


def _root(body: bytes) -> Element:
    """The whole answer. A tree that is made in C takes a fifth of what xmlrpc.client takes, and
    nobody looks for characters that XML forbids before one is in the way.
    """
    beginning = body[: body.find(b"<methodResponse")]
    if b"<!" in beginning:
        raise ValueError("its beginning defines something, as no WordPress does")
    try:
        if b"utf-8" in beginning.lower():
            return ElementTree.fromstring(body)  # noqa: S314 - nothing is defined in it
    except ElementTree.ParseError:
        pass
    text = _FORBIDDEN.sub("", body.decode("utf-8", "replace"))
    return ElementTree.fromstring(text)  # noqa: S314


def _value(node: Element) -> Any:
    """What stands in a <value>: by itself it is text."""
    if not len(node):
        return node.text or ""
    return _WAYS[node[0].tag](node[0])


def _time(node: Element) -> str:
    text = node.text or ""
    is_bare = text[:8].isdecimal() and text[8:9] == "T"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if is_bare else text


def _yes(node: Element) -> bool:
    return {"0": False, "1": True}[node.text or ""]


def _list(node: Element) -> list[Any]:
    return [_value(one) for one in node[0]]


def _struct(node: Element) -> dict[str, Any]:
    return {name.text or "": _value(value) for name, value in node}


_WAYS: Mapping[str, Callable[[Element], Any]] = {
    "string": lambda node: node.text or "",
    "array": _list,
    "struct": _struct,
    "dateTime.iso8601": _time,
    "boolean": _yes,
    "nil": lambda _: None,
    "base64": lambda node: b64decode(node.text or ""),
    **dict.fromkeys(("int", "i4", "i8"), lambda node: int(node.text or "")),
    **dict.fromkeys(("double", "float"), lambda node: float(node.text or "")),
}


def _fault(fault: wire.Fault) -> AskTheOwner | NotUnderstood:
    code, words = fault.faultCode, clean(fault.faultString)
    if code in _NEVER:
        return _off(f"the site says: {words}")
    if code in (401, 403):
        sentence = f"The site refused over XML-RPC: {words}."
        return AskTheOwner("needs_permission", sentence, code=f"xmlrpc_{code}")
    return NotUnderstood(f"The site answered over XML-RPC: {words} ({code}).", code=f"{code}")


def _blocked(raw: Raw) -> AskTheOwner:
    return _off(f"status {raw.status} from {wall(raw)}")


def _off(why: str) -> AskTheOwner:
    return AskTheOwner(
        "blocked",
        f"XML-RPC is closed at the site ({why}): let /xmlrpc.php through for this server. Plugins "
        "such as Disable XML-RPC or Solid Security close it, and some hosters do.",
    )
