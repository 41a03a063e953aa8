"""Gmail and Google Workspace mailboxes."""

from app.providers.presets import Hint, Preset
from app.rules.replies.reply import THROTTLED
from app.rules.replies.rule import Rule

_MAKE_ONE = (
    "Gmail takes no account password here: switch on 2-step verification, make an app password "
    "(16 letters) at myaccount.google.com/apppasswords and enter that."
)

preset = Preset(
    "gmail",
    "Gmail",
    host="smtp.gmail.com",
    port=587,
    encryption="tls",
    username_hint="The full Gmail address.",
    credential_hint="An app password of 16 letters, not the password of the account.",
    notes=(
        "Needs 2-step verification and an app password; in a Workspace the administrator must "
        "allow both.",
        "From must be this mailbox or one of its aliases, else Gmail replaces it.",
        "Google limits a mailbox to some hundreds of recipients a day (Workspace: 2000): set a "
        "daily limit.",
    ),
    hints=(
        Hint(("auth",), r"^(534|535)\b", _MAKE_ONE),
        Hint(
            ("auth",),
            r"^454\b.*too many login",
            "Too many logins in a short time: wait 15 minutes, and use fewer connections.",
        ),
        Hint(
            ("rcpt_to", "data", "final_dot"),
            r"5\.4\.5|daily .*limit",
            "This mailbox has used up what Google lets it send in a day: wait until tomorrow, "
            "and set a daily limit below that.",
        ),
    ),
    replies=(
        Rule(
            "Gmail bears less from this mailbox",
            "mail_from rcpt_to data final_dot",
            "421 450",
            r"\b4\.7\.28\b|unusual rate|unsolicited mail|very low reputation",
            THROTTLED,
        ),
    ),
)
