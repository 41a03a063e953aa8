"""Rules that people write: which answers they fit, and what they may not say."""

from typing import Any

import pytest

from app.rules.replies import masking, own_replies
from app.rules.replies.meaning import PHASES, Reply, judge
from app.rules.replies.reply import ABOUT, BOUNCED, DEFERRED, REFUSED, THROTTLED, UNKNOWN, Verdict
from app.rules.replies.rule import OwnRule, enhanced
from tests.waiting import in_no_time

PLAIN: dict[str, Any] = {
    "phase": "rcpt_to",
    "code": "550",
    "enhanced": "",
    "text": "",
    "outcome": "deferred",
    "about": "",
    "quota": False,
    "suppress": False,
}


def rule(verdict: Verdict = DEFERRED, **values: str) -> OwnRule:
    said = {"phase": "", "code": "", "enhanced": "", "text": "", **values}
    return OwnRule("mine", verdict=verdict, **said)


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ({"text": "not on sundays"}, True),
        ({"text": "NOT*SUNDAYS"}, True),
        ({"text": "sundays*not"}, False),
        ({"text": "sun*days"}, True),
        ({"text": "monday"}, False),
        ({"code": "450"}, True),
        ({"code": "45x"}, True),
        ({"code": "4xx"}, True),
        ({"code": "451"}, False),
        ({"code": "5xx"}, False),
        ({"enhanced": "4.7.9"}, True),
        ({"enhanced": "4.7.*"}, True),
        ({"enhanced": "4.*.*"}, True),
        ({"enhanced": "4.7.1"}, False),
        ({"phase": "rcpt_to"}, True),
        ({"phase": "data"}, False),
        ({"phase": "rcpt_to", "code": "4xx", "enhanced": "4.7.9", "text": "sundays"}, True),
        ({"phase": "rcpt_to", "code": "4xx", "enhanced": "4.7.8", "text": "sundays"}, False),
    ],
)
def test_which_answers_a_rule_fits(values: dict[str, str], fits: bool) -> None:
    assert rule(**values).fits(Reply("rcpt_to", 450, "4.7.9 Not on Sundays!")) is fits


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("code", [None, 200, 250, 299, 354, 399, 600])
def test_no_rule_touches_a_success_or_a_silence(phase: str, code: int | None) -> None:
    own = [rule(verdict, text="") for verdict in (BOUNCED, REFUSED, THROTTLED)]
    own += [rule(BOUNCED, phase=phase)]
    reply = Reply(phase, code, "whatever")
    assert judge(reply, own).verdict == judge(reply).verdict


def test_a_rule_without_a_phase_is_about_messages_only() -> None:
    anything = rule(BOUNCED, code="5xx")
    assert judge(Reply("auth", 535, "no"), [anything]).verdict == REFUSED
    assert judge(Reply("mail_from", 550, "no"), [anything]).verdict == REFUSED
    assert judge(Reply("rcpt_to", 550, "no"), [anything]).verdict == BOUNCED


def test_own_rules_outrank_all_others_in_their_order() -> None:
    reply = Reply("rcpt_to", 550, "5.1.1 user unknown")
    assert judge(reply).verdict == BOUNCED
    assert judge(reply, [rule(text="unknown"), rule(REFUSED, text="user")]).verdict == DEFERRED
    assert judge(reply, [rule(text="else"), rule(REFUSED, text="user")]).verdict == REFUSED


def test_a_rule_is_asked_in_linear_time() -> None:
    mean = rule(text="*".join("a" * 60) + "*b")
    with in_no_time():
        for _ in range(200):
            assert not mean.fits(Reply("rcpt_to", 450, "a" * 500))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 unknown", "5.1.1"),
        ("unknown (#5.1.1)", "5.1.1"),
        ("4.7.650 later 5.1.1", "4.7.650"),
        ("[192.5.1.1] no", ""),
        ("5.1.1.1 no", ""),
        ("3.1.1 no", ""),
        ("", ""),
    ],
)
def test_the_enhanced_code_of_an_answer(text: str, code: str) -> None:
    assert enhanced(text) == code


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"code": "250"}, "code"),
        ({"code": "x50"}, "code"),
        ({"code": "4x0"}, "code"),
        ({"enhanced": "2.0.0"}, "enhanced"),
        ({"enhanced": "5.1"}, "enhanced"),
        ({"text": "*a *"}, "text"),
        ({"code": ""}, "text"),
        ({"about": "sender"}, "about"),
        ({"quota": True}, "quota"),
        ({"suppress": True}, "suppress"),
        ({"phase": "auth"}, "outcome"),
        ({"phase": "mail_from"}, "outcome"),
    ],
)
def test_what_cannot_be_said(values: dict[str, Any], where: str) -> None:
    found = own_replies.fault(PLAIN | values)
    assert found is not None
    assert found[0] == where
    assert found[1].endswith(".")


def test_what_can_be_said() -> None:
    assert own_replies.fault(PLAIN) is None
    for outcome in own_replies.OUTCOMES:
        for about in ("", *ABOUT[outcome]):
            assert own_replies.fault(PLAIN | {"outcome": outcome, "about": about}) is None
    assert own_replies.fault(PLAIN | {"phase": "auth", "outcome": "throttled"}) is None
    assert own_replies.verdict(PLAIN | {"outcome": "bounced", "suppress": True}) == BOUNCED
    assert {"accepted", "unknown"}.isdisjoint(own_replies.OUTCOMES)
    assert UNKNOWN.whom == "relay"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("<ann@example.com>: user unknown", "<<address>>: user unknown"),
        ("Ann@Example.com unknown", "<address> unknown"),
        ("user ANN.lee is unknown", "user <address> is unknown"),
        ("see http://x.example/?to=ann%40example.com", "see http:<address>"),
        ("bounce+ann=example.com@v.example no", "<address> no"),
        ("annlee is no word of hers", "annlee is no word of hers"),
    ],
)
def test_words_are_kept_without_addresses(text: str, masked: str) -> None:
    address = "ann.lee@example.com" if "lee is" in text else "ann@example.com"
    assert masking.masked(text, address) == masked


def test_words_that_differ_in_numbers_are_of_one_kind() -> None:
    first = masking.kind("4.7.9 No mail from 192.0.2.17 after 18:30:00, ticket a8f23bc19d.3")
    second = masking.kind("4.7.9 No mail from  203.0.113.5 after 21:10:42, ticket 99f2aa119d.77")
    assert first == second == "4.7.9 No mail from # after #, ticket #"
