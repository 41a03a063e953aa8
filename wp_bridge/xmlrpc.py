"""WordPress's older way in, XML-RPC: some plugins' rows can be listed only there."""

import re
import xmlrpc.client as wire
from collections.abc import Sequence
from typing import Any
from xml.parsers.expat import ExpatError

from wp_bridge.answers import Raw, check_patience, clean, wall
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

PATH = "/xmlrpc.php"
#: Characters that XML forbids and that stored text holds all the same.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NEVER = frozenset({405, -32601})


def question(method: str, values: Sequence[Any]) -> bytes:
    """A call, ready to be sent."""
    return wire.dumps(tuple(values), method, encoding="UTF-8").encode()


def understand(raw: Raw) -> Any:
    """What was answered; times as ISO text. Raises TryLater, AskTheOwner or NotUnderstood."""
    check_patience(raw)
    text = _FORBIDDEN.sub("", raw.body.decode("utf-8", "replace"))
    start = text.find("<?xml")
    if raw.status != 200 or start < 0:
        raise _blocked(raw)
    try:
        values: Any = wire.loads(text[start:])
    except wire.Fault as fault:
        raise _fault(fault) from None
    except ExpatError:
        raise TryLater("The site's answer was cut off.") from None
    except (wire.Error, ValueError, TypeError, IndexError, KeyError):
        raise NotUnderstood("The site's answer is no XML-RPC.") from None
    return _plain(values[0][0]) if values[0] else None


def _plain(value: Any) -> Any:
    if isinstance(value, wire.DateTime):
        return re.sub(r"^(\d{4})(\d\d)(\d\d)T", r"\1-\2-\3T", str(value))
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


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
