"""Mails as form plugins send them, built anew from what they were seen to send."""

from collections.abc import Sequence
from email.message import EmailMessage
from html import escape

SITE = "wordpress@example.org"
OWNER = "owner@example.org"
#: What an inline style looks like that plugins put on every tag.
_STYLE = 'style="word-wrap: break-word; font-family: -apple-system, arial; padding: 0;"'

Fields = Sequence[tuple[str, str, str]]


def mail(
    body: str,
    *,
    subject: str = "New Entry: Contact",
    html: bool = True,
    sender: str = f"Rig <{SITE}>",
    to: str = OWNER,
    reply_to: str = "",
    number: int = 1,
    date: str = "Sun, 22 Nov 2026 04:41:57 +0000",
    transfer: str = "quoted-printable",
    charset: str = "utf-8",
    **headers: str,
) -> bytes:
    """A mail as PHPMailer writes it."""
    made = EmailMessage()
    made["To"], made["Subject"], made["Date"], made["From"] = to, subject, date, sender
    if reply_to:
        made["Reply-To"] = reply_to
    made["Message-ID"] = f"<mail-{number}@localhost.localdomain>"
    made["X-Mailer"] = "PHPMailer 7.0.2"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body, subtype="html" if html else "plain", cte=transfer, charset=charset)
    return bytes(made)


def wpforms(fields: Fields, **more: str) -> bytes:
    """Labels in rows of their own; the row of a value says its type. Layout tables around it."""
    rows = "\n".join(
        f'<tr {_STYLE}>\n\t<td class="field-name" {_STYLE}><strong>{escape(label)}</strong></td>'
        f'\n</tr>\n<tr class="field-{kind}" {_STYLE}>\n\t<td class="field-value" {_STYLE}>'
        f"{_shown(value, kind)}</td>\n</tr>"
        for label, value, kind in fields
    )
    return mail(
        "<!doctype html>\n<html><head><title>WPForms</title><style>td {color: red}</style></head>"
        f'<body class="ltr"><table class="body"><tr {_STYLE}><td><!-- empty --></td>'
        f'<td class="body-inner"><div dir="ltr"><table><tr><td class="wrapper-inner"><table><tr>'
        f'<td class="content"><table><tbody>{rows}\t</tbody></table></td></tr><tr>'
        '<td class="footer">Sent from <a href="http://127.0.0.1:8088">Rig Site</a>\t</td></tr>'
        "</table></td></tr></table></div></td><td><!-- empty --></td></tr></table></body></html>",
        **{"subject": "New Entry: WPForms Kontakt", **more},
    )


def _shown(value: str, kind: str) -> str:
    if kind == "email":
        return f'<a href="mailto:{escape(value)}" {_STYLE}>{escape(value)}</a>'
    return escape(value).replace("\n", "<br />\n")


def wpforms_plain(fields: Sequence[tuple[str, str]], **more: str) -> bytes:
    """Its mails without HTML."""
    body = "".join(f"--- {label} ---\r\n\r\n{value}\r\n\r\n" for label, value in fields)
    return mail(body, html=False, **{"subject": "New Entry: Plain", **more})  # type: ignore[arg-type]


def sureforms(fields: Sequence[tuple[str, str]], **more: str) -> bytes:
    """Labels in header cells of rows of their own."""
    rows = "".join(
        f'<tr class="field-label"><th {_STYLE}>\n\t<strong>{escape(label)}:</strong>\n</th></tr>\n'
        f'<tr class="field-value"><td {_STYLE}>\n\t{escape(value)}\t\t</td></tr>'
        for label, value in fields
    )
    return mail(
        '<html><head><meta charset="utf-8"><title>New form submission</title></head><body>'
        '<div id="srfm_wrapper"><table><tbody><tr><td><table id="srfm_template_container"><tbody>'
        '<tr><td id="srfm_body_content"><div id="srfm_body_content_inner">'
        '<table class="srfm_all_data"><style>.srfm_all_data tr {border: none}</style>'
        f"<tbody>{rows}</tbody></table></div></td></tr></tbody></table></td></tr></tbody></table>"
        "</div></body></html>",
        **{"subject": "New Form Submission - Sure Contact", "transfer": "8bit", **more},
    )


def fluent(fields: Sequence[tuple[str, str]], **more: str) -> bytes:
    """Its table of all data, and below it where the form stands."""
    rows = "".join(
        f'<tr class="field-label"><th {_STYLE}><strong>{escape(label)}</strong></th></tr>'
        f'<tr class="field-value"><td {_STYLE}>{escape(value)}</td></tr>'
        for label, value in fields
    )
    return mail(
        '<div class="fluentform"><p><table class="ff_all_data" width="600"><tbody>'
        f"{rows}</tbody></table></p><p>This form submitted at: https://example.org/contact/</p>"
        "</div>",
        **{"subject": "[Zoë Fluent] New Form Submission", **more},
    )


def contact_form_7(
    name: str, address: str, about: str, message: str, *, german: bool = False, **more: str
) -> bytes:
    """Its default template, as it is and as it is in German."""
    words = ("Von", "Betreff", "Nachrichtentext") if german else ("From", "Subject", "Message Body")
    end = (
        "Dies ist eine Bestätigung, dass ein Kontaktformular auf deiner Website ausgefüllt wurde "
        if german
        else "This is a notification that a contact form was submitted on your website "
    )
    body = (
        f"{words[0]}: {name} {address}\n{words[1]}: {about}\n\n{words[2]}:\n{message}\n\n-- \n"
        f"{end}(Rig Site http://127.0.0.1:8088).\n"
    )
    given = {"subject": f'Rig Site "{about}"', "reply_to": address, "transfer": "8bit", **more}
    return mail(body, html=False, **given)  # type: ignore[arg-type]


def shop_account() -> bytes:
    """What a shop writes to a new customer, from the very same address."""
    return mail(
        '<html><body><table id="outer_wrapper"><tr><td><table id="template_container"><tr><td>'
        '<table id="template_header"><tr><td><h1>Welcome to Rig Site</h1></td></tr></table></td>'
        '</tr><tr><td><table id="template_body"><tr><td><p>Hi zoe,</p><p>Here is a copy of your '
        "user details.</p><p>Username: <b>zoe</b></p><p>Password: <b>hidden</b></p><p>You can "
        "access your account area via the link below:</p></td></tr></table></td></tr></table></td>"
        "</tr></table></body></html>",
        subject="Your Rig Site account has been created!",
        to="zoe@example.com",
        number=3,
    )
