"""Twilio SendGrid over SMTP."""

from app.providers.presets import Hint, Preset

preset = Preset(
    "sendgrid",
    "SendGrid",
    host="smtp.sendgrid.net",
    port=587,
    encryption="tls",
    username="apikey",
    username_hint="Literally the word apikey.",
    credential_hint="An API key with the permission Mail Send; it begins with SG.",
    notes=(
        "From must be a verified single sender or of an authenticated domain.",
        "Switch off SendGrid's click and open tracking, so that links are not rewritten twice.",
    ),
    hints=(
        Hint(
            ("auth",),
            r"^535\b",
            "SendGrid wants the user name 'apikey', literally, and as the password an API key "
            "with the permission Mail Send.",
        ),
        Hint(
            ("mail_from", "data", "final_dot"),
            r"verified sender identity",
            "Verify this From address, or authenticate its domain, in SendGrid's settings under "
            "Sender Authentication.",
        ),
    ),
)
