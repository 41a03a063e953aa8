"""Every provider and preset is complete, and a hint fits where it should."""

import pytest

from app import providers
from app.providers import Provider, presets
from app.providers.mending import mend
from app.providers.presets import CUSTOM, Preset
from app.rules.relay_fields import ENCRYPTIONS
from app.rules.replies.meaning import PHASES, Reply

PROVIDERS = providers.find()
PRESETS = presets.find()


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_a_provider_is_complete(provider: Provider) -> None:
    assert provider.title
    assert provider.presets
    keys = [setting.key for setting in provider.settings]
    assert len(keys) == len(set(keys))
    assert any(setting.kind == "secret" for setting in provider.settings)
    for setting in provider.settings:
        assert bool(setting.choices) == (setting.kind == "choice")


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_a_preset_is_complete(preset: Preset) -> None:
    assert preset.title
    assert preset.notes
    assert preset.encryption in ENCRYPTIONS
    assert 1 <= preset.port <= 65535
    assert preset.username_hint
    for hint in preset.hints:
        assert set(hint.phases) <= set(PHASES)
        assert hint.sentence.endswith(".")


def test_the_first_presets_are_there() -> None:
    assert set(PRESETS) >= {"gmail", "sendgrid", "custom"}
    assert (PRESETS["gmail"].host, PRESETS["gmail"].port) == ("smtp.gmail.com", 587)
    assert PRESETS["sendgrid"].username == "apikey"


@pytest.mark.parametrize(
    ("preset", "reply", "words"),
    [
        (
            "gmail",
            Reply("auth", 534, "5.7.9 Application-specific password"),
            "app password",
        ),
        ("gmail", Reply("auth", 535, "5.7.8 Username and Password not accepted"), "app password"),
        ("gmail", Reply("auth", 454, "4.7.0 Too many login attempts"), "15 minutes"),
        ("gmail", Reply("data", 550, "5.4.5 Daily user sending limit exceeded"), "tomorrow"),
        (
            "sendgrid",
            Reply("auth", 535, "Authentication failed: Bad username"),
            "apikey",
        ),
        (
            "sendgrid",
            Reply("data", 550, "The from address does not match a verified Sender Identity."),
            "Sender Authentication",
        ),
        ("custom", Reply("auth", 535, "5.7.8 no"), "enter both again"),
        ("custom", Reply("auth", 454, "4.7.0 later"), "some minutes"),
        ("custom", Reply("auth", None, "the server offers no login (AUTH)"), "tls or ssl"),
        ("custom", Reply("dns", None, "Name or service not known"), "spelling"),
        ("custom", Reply("connect", None, "Connection refused"), "firewall"),
        ("custom", Reply("greeting", None, "no answer within 15 seconds"), "465"),
        ("custom", Reply("ehlo", 550, "bad name"), "PRESSFERRY__SENDING__HELLO_NAME"),
        ("custom", Reply("starttls", None, "[SSL: WRONG_VERSION_NUMBER] wrong"), "tls"),
        (
            "custom",
            Reply("starttls", None, "certificate verify failed: self-signed"),
            "certificate",
        ),
        ("custom", Reply("mail_from", 530, "5.7.0 Authentication required"), "login"),
        ("custom", Reply("final_dot", 554, "5.2.252 SendAsDenied"), "From"),
        ("custom", Reply("rcpt_to", 554, "5.7.1 Relay access denied"), "relay"),
        ("custom", Reply("rcpt_to", 550, "5.1.1 nobody"), "another address"),
        ("custom", Reply("final_dot", None, "no reply within 30 seconds"), "arrived"),
        ("custom", Reply("data", 451, "4.3.0 odd"), "quoting"),
    ],
)
def test_what_failed_can_be_mended(preset: str, reply: Reply, words: str) -> None:
    assert words in mend(reply, PRESETS[preset])


def test_a_fixed_user_name_is_insisted_on_only_at_that_service() -> None:
    sendgrid = PRESETS["sendgrid"]
    assert sendgrid.warnings(sendgrid.host, "me@example.com")
    assert sendgrid.warnings(sendgrid.host, "apikey") == []
    assert sendgrid.warnings("proxy.example.com", "me@example.com") == []
    assert CUSTOM.warnings("mail.example.com", "anybody") == []
