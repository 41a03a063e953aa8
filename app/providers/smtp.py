"""SMTP, which every mail service speaks."""

import asyncio
from collections.abc import Mapping

from app.providers import Setting
from app.providers.mending import mend
from app.providers.presets import Preset, find
from app.providers.report import Certificate, CheckReport, Fault, Offers, SendReport, StepTaken
from app.rules.relay_fields import ENCRYPTIONS
from app.rules.replies.meaning import Reply
from app.wire.conversation import Parcel, converse
from app.wire.line import Line
from app.wire.opening import Endpoint, LineRefused, Step, open_line


class Smtp:
    """A relay that is an SMTP server."""

    key = "smtp"
    title = "SMTP"
    settings = (
        Setting("host", "Host", "text", required=True, hint="Such as smtp.example.com"),
        Setting("port", "Port", "number", required=True, hint="587 with tls, 465 with ssl"),
        Setting("encryption", "Encryption", "choice", required=True, choices=ENCRYPTIONS),
        Setting("username", "User name", "text"),
        Setting("password", "Password", "secret", hint="Left blank on a change: it stays"),
    )

    @property
    def presets(self) -> Mapping[str, Preset]:
        """Services whose settings are known."""
        return find()

    async def check(self, endpoint: Endpoint, preset: Preset) -> CheckReport:
        """Connects, greets, encrypts and logs in; sends nothing. Never raises."""
        steps: list[StepTaken] = []
        try:
            line = await open_line(endpoint, tell=lambda step: steps.append(_taken(step)))
        except LineRefused as refused:
            return CheckReport(tuple(steps), fault=_fault(refused.reply, preset))
        report = CheckReport(tuple(steps), _offers(line), _certificate(line))
        await line.quit()
        return report

    async def send(self, endpoint: Endpoint, preset: Preset, parcel: Parcel) -> SendReport:
        """Sends one mail through exactly this relay. Never raises."""
        log: list[str] = []
        try:
            line = await open_line(endpoint, tell=lambda step: log.append(_written(step)))
        except LineRefused as refused:
            return _report(refused.reply, log, preset)
        line.overhear = lambda who, words: log.append(f"{who} {words}")
        replies: list[Reply] = []
        try:
            await converse(
                line,
                parcel,
                take=lambda: None,
                say=lambda _: True,
                heard=lambda _, reply: replies.append(reply),
                most=1,
            )
        finally:
            await asyncio.shield(line.quit())
        return _report(replies[0], log, preset)


provider = Smtp()


def _report(reply: Reply, log: list[str], preset: Preset) -> SendReport:
    taken = reply.phase == "final_dot" and reply.code is not None and reply.code < 300
    if not taken:
        log.append(f"! {reply.phase}: {reply.code or 'no answer'} {reply.text}")
    return SendReport(reply, tuple(log), None if taken else _fault(reply, preset))


def _fault(reply: Reply, preset: Preset) -> Fault:
    return Fault(reply.phase, reply.code, reply.text, mend(reply, preset))


def _taken(step: Step) -> StepTaken:
    return StepTaken(step.phase, step.code, step.text, round(step.seconds * 1000))


def _written(step: Step) -> str:
    return f"* {step.phase}: {step.code or ''} {step.text}".replace(":  ", ": ")


def _offers(line: Line) -> Offers:
    return Offers(
        pipelining=line.pipelining,
        size=line.size_limit,
        eight_bit_mime=line.eight_bit,
        smtputf8=line.smtputf8,
        auth=tuple(line.extensions.get("auth", "").upper().split()),
        extensions=tuple(sorted(name.upper() for name in line.extensions)),
    )


def _certificate(line: Line) -> Certificate | None:
    tls = line.tls
    if tls is None:
        return None
    return Certificate(tls.subject, tls.issuer, tls.expires_at, tls.version, tls.cipher)
