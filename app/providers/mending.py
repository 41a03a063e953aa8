"""How to mend what a relay answered: sentences for whoever set it up."""

from app.providers.presets import Hint, Preset
from app.rules.replies.meaning import Reply

_QUOTE = "Ask the provider of this relay, quoting these words."

_HINTS = (
    Hint(
        ("dns",),
        r"ALLOW_PRIVATE|no host of its own",
        "Use the name of a public mail server, or allow private addresses on this server.",
    ),
    Hint(
        ("final_dot",),
        r"^ ",
        "The mail was handed over, but its answer never came: look whether it arrived before "
        "sending it again.",
    ),
    Hint(("dns",), "", "Nothing is known under this host name: check its spelling."),
    Hint(
        ("connect",),
        "",
        "Nothing answers at this host and port: check both (587 goes with tls, 465 with ssl), and "
        "whether a firewall or the hosting provider blocks outgoing mail.",
    ),
    Hint(
        ("greeting",),
        r"no answer|EOF|closed|lost",
        "Something is there but does not greet: port 465 wants encryption ssl, and 587 wants tls.",
    ),
    Hint(("greeting",), r"^[45]", "The server does not want to talk to this host at all now."),
    Hint(
        ("ehlo",),
        r"^5",
        "The server does not like the name this host gives itself: set "
        "PRESSFERRY__SENDING__HELLO_NAME to the public name of this host.",
    ),
    Hint(
        ("starttls",),
        r"WRONG_VERSION_NUMBER|wrong version|record layer",
        "The server does not speak TLS from the first byte on this port: choose encryption tls "
        "(usually port 587), or port 465 for ssl.",
    ),
    Hint(
        ("starttls",),
        r"certificate",
        "The server's certificate is not good for this host name: use the name that stands in "
        "it, or have the certificate renewed.",
    ),
    Hint(
        ("starttls",),
        r"not supported",
        "The server offers no STARTTLS on this port: choose ssl with port 465; none only within "
        "your own network.",
    ),
    Hint(("starttls",), "", "TLS could not be agreed on: check port and encryption."),
    Hint(
        ("auth",),
        r"offers no login",
        "Choose encryption tls or ssl, or leave user name and password empty if this server "
        "needs none.",
    ),
    Hint(("auth",), r"offers only logins", "Ask the provider for SMTP credentials (AUTH PLAIN)."),
    Hint(("auth",), r"^4", "The server cannot check the login now: try again in some minutes."),
    Hint(("auth",), r"^5", "User name or password are wrong for SMTP: enter both again."),
    Hint(
        ("mail_from",),
        r"^530|authentication required|STARTTLS",
        "The server wants a login or encryption first: enter user name and password, choose tls.",
    ),
    Hint(
        ("mail_from", "data", "final_dot"),
        r"not allowed|not owned|not verified|SendAsDenied|sender|5\.1\.8|5\.7\.1\b",
        "This relay may not send with this From address: verify it there, or set another one.",
    ),
    Hint(
        ("rcpt_to",),
        r"relay",
        "The server does not relay for this login: enter user name and password of an account "
        "that may send to everybody.",
    ),
    Hint(("rcpt_to",), r"^5", "The relay refuses this recipient: try another address."),
)


def mend(reply: Reply, preset: Preset) -> str:
    """One sentence about ``reply``; what is known about the service comes first."""
    for hint in (*preset.hints, *_HINTS):
        if hint.fits(reply):
            return hint.sentence
    return _QUOTE
