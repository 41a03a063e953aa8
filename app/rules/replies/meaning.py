"""What a relay's reply means: the first rule that fits says it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.rules.replies import reply as meanings
from app.rules.replies.known import RULES
from app.rules.replies.reply import ABOUT, ELSEWHERE, PHASES, Outcome, Reply, Verdict, Whom
from app.rules.replies.rule import AnyRule

__all__ = [
    "ABOUT",
    "ELSEWHERE",
    "PHASES",
    "RULES",
    "Judgement",
    "Outcome",
    "Reply",
    "Verdict",
    "Whom",
    "classify",
    "is_about_login",
    "is_undisputed",
    "judge",
]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the rule that says it; None where no rule is asked.

    ``known``: whether the words say what they mean; else only phase and code were looked at.
    """

    verdict: Verdict
    rule: AnyRule | None = None

    @property
    def known(self) -> bool:
        """Whether somebody knew these words."""
        return self.rule is None or self.rule.known


def classify(reply: Reply) -> Verdict:
    """What ``reply`` means by the rules that every relay has."""
    return judge(reply).verdict


def judge(reply: Reply, own: Sequence[AnyRule] = (), service: Sequence[AnyRule] = ()) -> Judgement:
    """What ``reply`` means (RFC 5321, RFC 3463): the workspace's ``own`` rules are asked first,
    then those of the relay's ``service``, then those that hold everywhere.

    Only a complete reply in the dot's slot decides over a message that was handed over; silence
    there is unknown, whatever the reason for it. No rule is asked about a success or a silence.
    """
    settled = is_undisputed(reply)
    if settled is not None:
        return Judgement(settled)
    rule = next(_fitting(reply, own, service), None)
    return Judgement(rule.verdict if rule else meanings.REFUSED, rule)


def is_undisputed(reply: Reply) -> Verdict | None:
    """What no rule may change: what was taken, and what nobody can know."""
    if reply.phase in ("final_dot", *ELSEWHERE):
        if reply.code is None:
            return meanings.UNKNOWN
        if 200 <= reply.code < 300:
            return meanings.ACCEPTED
        if not 400 <= reply.code < 600:
            return meanings.UNKNOWN
    elif reply.code is None:
        return meanings.REFUSED
    return None


def _fitting(reply: Reply, *lists: Sequence[AnyRule]) -> Iterator[AnyRule]:
    return (rule for rules in (*lists, RULES) for rule in rules if rule.fits(reply))


def is_about_login(reply: Reply) -> bool:
    """Whether the relay refused our credentials: somebody must mend them."""
    return reply.phase == "auth" and reply.code in (530, 534, 535, 538)
