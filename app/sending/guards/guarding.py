"""Guards: looks at the figures of what is going, warns, stops what gets worse, and says why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.rules.health import guards
from app.rules.health.guards import Figures, Judgement
from app.rules.routing.chain import STREAMS
from app.runtime import Runtime
from app.sending import ledger
from app.sending.guards import alarming, figures
from app.sending.models import Delivery, Dispatch, Guard
from app.sending.relays import pausing, standing, warming
from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Subject:
    """What is guarded, how it does, and whether it rests; ``name``: what people call it;
    ``day``: to which its figures belong, "" when they are those since its launch; ``ended``: there
    is nothing to be guarded any more.
    """

    kind: str
    about: str
    name: str
    figures: Figures
    rests: bool
    day: str = ""
    ended: bool = False


def watch(runtime: Runtime) -> None:
    """Looks at every workspace; most of the time nothing has to be written."""
    now = runtime.now()
    with runtime.database.reading() as session:
        workspaces = session.scalars(select(Workspace.id).order_by(Workspace.id)).all()
    for workspace_id in workspaces:
        with runtime.database.reading() as session:
            news = list(_news(session, workspace_id, now))
            frozen = warming.frozen_today(session, workspace_id, now)
        if news or frozen:
            with runtime.database.transaction() as session:
                for subject in news:
                    settle(session, workspace_id, subject, now=now)
                warming.freeze(session, frozen)


def settle(session: Session, workspace_id: UUID, subject: Subject, *, now: datetime) -> Judgement:
    """Judges one subject, writes that down, and stops it when it must be stopped.

    What a person let go on after it was stopped is judged by what came on top since.
    """
    workspace = session.get_one(Workspace, workspace_id)
    row = session.get(Guard, (workspace_id, subject.kind, subject.about), with_for_update=True)
    if row is None:
        row = _fresh(workspace_id, subject, now)
        session.add(row)
    if row.level == "pause" and (not subject.rests or subject.ended):
        alarming.guard_over(session, workspace_id, subject.about, now)
    if row.level == "pause" and not subject.rests:
        row.counted_from, row.day, row.level = subject.figures.words(), subject.day, "fine"
    found = _judged(workspace, row, subject)
    if found.level != row.level:
        row.since = now
    if found.level == "pause" and row.level != "pause":
        _stop(session, workspace_id, subject, found.why, now)
        sentence = f"A guard has stopped the {subject.kind} '{subject.name}': {found.why}."
        alarming.guard_tripped(session, workspace_id, subject.about, sentence, now)
    row.level, row.why = found.level, found.why
    session.flush()
    return found


def listed(session: Session, workspace_id: UUID) -> Sequence[Guard]:
    """What is warned of or was stopped, newest first."""
    rows = select(Guard).where(Guard.workspace_id == workspace_id, Guard.level != "fine")
    return session.scalars(rows.order_by(Guard.since.desc(), Guard.kind, Guard.about)).all()


def _news(session: Session, workspace_id: UUID, now: datetime) -> Iterable[Subject]:
    """The subjects of which something else must be said than is written."""
    workspace = session.get_one(Workspace, workspace_id)
    known = {
        (row.kind, row.about): row
        for row in session.scalars(select(Guard).where(Guard.workspace_id == workspace_id))
    }
    going: set[str] = set()
    for subject in _subjects(session, workspace, known, now):
        row = known.get((subject.kind, subject.about))
        going.add(subject.about)
        if row is not None and row.level == "pause":
            if not subject.rests:
                yield subject
            continue
        if _judged(workspace, row, subject).level != (row.level if row is not None else "fine"):
            yield subject
    for row in known.values():
        if row.about not in going and row.level != "fine":
            yield Subject(row.kind, row.about, "", Figures(), rests=True, ended=True)


def _subjects(
    session: Session,
    workspace: Workspace,
    known: Mapping[tuple[str, str], Guard],
    now: datetime,
) -> Iterable[Subject]:
    """What stopped a campaign, now or before a person let it go on, is not held against its relay
    and its stream, too.
    """
    stopped: set[UUID] = set()
    limits = guards.limits_from(workspace.guards)
    for dispatch in _going(session, workspace.id, limits.sample):
        counted = figures.of_dispatch(session, dispatch.id)
        subject = Subject(
            "campaign", str(dispatch.id), dispatch.label, counted, dispatch.hold != ""
        )
        yield subject
        row = known.get(("campaign", subject.about))
        let_go_on = row is not None and row.counted_from
        if dispatch.hold or let_go_on or _judged(workspace, row, subject).level == "pause":
            stopped.add(dispatch.id)
    day = now.astimezone(ZoneInfo(workspace.timezone)).date().isoformat()
    paused = {one.stream for one in pausing.streams(session, workspace.id) if one.paused_at}
    sums = dict.fromkeys(STREAMS, Figures())
    for relay in standing.of_workspace(session, workspace.id):
        counted = figures.of_relay(session, relay, workspace.timezone, now, without=stopped)
        sums[relay.stream] += counted
        rests = relay.paused_at is not None
        yield Subject("relay", str(relay.id), relay.name, counted, rests, day)
    for stream, counted in sums.items():
        yield Subject("stream", stream, stream, counted, stream in paused, day)


def _fresh(workspace_id: UUID, subject: Subject, now: datetime) -> Guard:
    return Guard(
        workspace_id=workspace_id,
        kind=subject.kind,
        about=subject.about,
        since=now,
        level="fine",
        why="",
        counted_from={},
        day="",
    )


def _going(session: Session, workspace_id: UUID, sample: int) -> Sequence[Dispatch]:
    """Dispatches that are not at their end, and are large enough to say anything."""
    mine = Delivery.dispatch_id == Dispatch.id
    many = select(Delivery.id).where(mine).offset(sample - 1).limit(1)
    return session.scalars(
        select(Dispatch)
        .where(
            Dispatch.workspace_id == workspace_id,
            Dispatch.finished_at.is_(None),
            many.correlate(Dispatch).exists(),
        )
        .order_by(Dispatch.id)
    ).all()


def _judged(workspace: Workspace, row: Guard | None, subject: Subject) -> Judgement:
    counted = subject.figures
    if row is not None and row.counted_from and row.day == subject.day:
        counted = counted.since(Figures(**row.counted_from))
    found = guards.judge(
        counted,
        guards.limits_from(workspace.guards),
        may_pause=subject.kind in workspace.guards.get("pauses", guards.PAUSES),
    )
    if subject.rests and found.level == "pause" and (row is None or row.level != "pause"):
        return Judgement("warn", found.why)
    return found


def _stop(session: Session, workspace_id: UUID, subject: Subject, why: str, now: datetime) -> None:
    reason = f"guard: {why}"
    match subject.kind:
        case "campaign":
            ledger.hold(session, UUID(subject.about), hold="paused", reason=reason, now=now)
        case "relay":
            pausing.pause_relay(session, workspace_id, UUID(subject.about), reason=reason, now=now)
        case _:
            pausing.pause_stream(session, workspace_id, subject.about, reason=reason, now=now)
