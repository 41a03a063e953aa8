"""A site's owner approves pressferry in her own WordPress, and its password comes back here."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.runtime import Runtime
from app.sources.models import Site, SiteApproval
from app.sources.sites import discovering, register
from app.sources.sites.discovering import Source
from app.sources.sites.way_in import open_site
from app.workspaces.access import hash_secret
from app.workspaces.models import Member
from wp_bridge import authorize, reasons
from wp_bridge import root as roots
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

#: How long a link may be followed.
VALID = timedelta(minutes=30)
#: Seconds for each answer of the site: somebody waits for it.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Link:
    """Where the owner approves, until when; or in which state the site is, and what to do."""

    state: str
    url: str
    expires_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class Approved:
    """What WordPress sends back with its owner."""

    site_url: str
    user_login: str
    password: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an approval: at which site, what is wrong (""), what can be read, and whether
    nothing was changed because of what is wrong: an earlier login is still there."""

    site: str
    sentence: str
    sources: Sequence[Mapping[str, str]]
    is_unchanged: bool = False

    @property
    def groups(self) -> Sequence[tuple[str, Sequence[Mapping[str, str]]]]:
        """What is there, under what its owner makes of it."""
        there = [one for one in self.sources if one["state"] != "plugin_absent"]
        return (
            ("Can be read", [one for one in there if one["state"] == "ready"]),
            ("Needs something first", [one for one in there if one["state"] != "ready"]),
        )

    @property
    def absent(self) -> Sequence[str]:
        """What her site does not have."""
        return [one["title"] for one in self.sources if one["state"] == "plugin_absent"]


def begin(runtime: Runtime, workspace_id: UUID, site_id: UUID, user_id: UUID) -> Link:
    """A link to the page of the site on which its owner approves. Raises NotFound.

    It is followed once. The site is asked between two transactions: none may wait for a stranger.
    """
    with runtime.database.reading() as session:
        site = register.get(session, workspace_id, site_id)
    if detail := authorize.may_return(site.url, runtime.base_url):
        return Link("insecure_http", "", None, detail)
    site.rest_root = ""
    with closing(open_site(runtime, site, seconds=PATIENCE, login=("", ""))) as client:
        try:
            root = roots.find(client)
        except (TryLater, AskTheOwner, NotUnderstood) as trouble:
            state, detail = reasons.named(trouble)
            return Link(state, "", None, detail)
        if not root.authorization:
            state, detail = reasons.no_app_passwords(client.url, root)
            return Link(state, "", None, detail)
    token = secrets.token_urlsafe(32)
    with runtime.database.transaction() as session:
        expires_at = _remember(session, site, user_id, token, runtime.now())
    begun = expires_at - VALID
    return Link("ready", _link(runtime, root.authorization, token, begun), expires_at, "")


def _remember(session: Session, site: Site, user_id: UUID, token: str, now: datetime) -> datetime:
    made = SiteApproval(
        workspace_id=site.workspace_id,
        site_id=site.id,
        user_id=user_id,
        token_hash=hash_secret(token),
        created_at=now,
        expires_at=now + VALID,
    )
    session.add(made)
    return made.expires_at


def _link(runtime: Runtime, endpoint: str, token: str, begun: datetime) -> str:
    back = f"{_base(runtime.base_url)}/connect/{token}"
    return authorize.link(
        endpoint,
        # WordPress refuses a name that the account has already, as when it approves once more.
        app_name=f"pressferry {begun:%Y-%m-%d %H:%M:%S}",
        app_id=uuid5(NAMESPACE_URL, runtime.base_url),
        success_url=back,
        reject_url=f"{back}/rejected",
    )


def _base(url: str) -> str:
    """Our own address as WordPress takes it: it knows 127.0.0.1, but not localhost."""
    parts = urlsplit(url)
    if parts.hostname != "localhost":
        return url
    netloc = parts.netloc.replace("localhost", "127.0.0.1", 1)
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))


def finish(runtime: Runtime, token: str, approved: Approved) -> None:
    """Takes the password that the site sent along, once, after asking the site about it, and
    looks what can be read there. What came of it is told by ``outcome``.

    Raises NotFound for a link that is unknown, used or too old.
    """
    with runtime.database.transaction() as session:
        site = _claim(session, token, runtime.now())
    is_good, sentence = _checked(runtime, site, approved)
    if not is_good:
        with runtime.database.transaction() as session:
            _note(session, token, f"{sentence} The password was not stored.", [])
        return
    login = {"username": approved.user_login, "application_password": approved.password}
    with runtime.database.transaction() as session:
        now = runtime.now()
        register.change(session, site.workspace_id, site.id, login, runtime=runtime, now=now)
        _note(session, token, sentence, [])
    found = discovering.discover(runtime, site.workspace_id, site.id)
    with runtime.database.transaction() as session:
        _note(session, token, sentence, found)


def _claim(session: Session, token: str, now: datetime) -> Site:
    """The site of a link that nobody followed yet; from now on somebody did."""
    taken = session.execute(
        update(SiteApproval)
        .where(
            SiteApproval.token_hash == hash_secret(token),
            SiteApproval.used_at.is_(None),
            SiteApproval.expires_at > now,
        )
        .values(used_at=now)
        .returning(SiteApproval.workspace_id, SiteApproval.site_id, SiteApproval.user_id)
    ).one_or_none()
    if taken is None or not _is_member(session, taken.workspace_id, taken.user_id):
        raise NotFound("This link was used already, or is too old.")
    return register.get(session, taken.workspace_id, taken.site_id)


def _is_member(session: Session, workspace_id: UUID, user_id: UUID) -> bool:
    who = select(Member.id).where(Member.workspace_id == workspace_id, Member.user_id == user_id)
    return session.scalar(who) is not None


def _checked(runtime: Runtime, site: Site, approved: Approved) -> tuple[bool, str]:
    """Whether to keep the password, and what is wrong, if anything. One that could not be tried
    is kept: WordPress shows it only this once, and discovery says what stands in its way.
    """
    if not authorize.is_at(site.url, approved.site_url):
        return False, f"It was approved at {approved.site_url}, but asked for {site.url}."
    login = (approved.user_login, approved.password)
    with closing(open_site(runtime, site, seconds=PATIENCE, login=login)) as client:
        try:
            authorize.account(client)
        except AskTheOwner as trouble:
            return not trouble.is_wrong_login, trouble.sentence
        except (TryLater, NotUnderstood) as trouble:
            return True, trouble.sentence
    return True, ""


def reject(runtime: Runtime, token: str, sentence: str) -> None:
    """The owner, or her site, said no: the link is used up. Raises NotFound as ``finish``."""
    with runtime.database.transaction() as session:
        _claim(session, token, runtime.now())
        _note(session, token, sentence, [])


def outcome(session: Session, token: str) -> Outcome:
    """What came of a link that was followed. Raises NotFound."""
    found = session.scalar(
        select(SiteApproval).where(
            SiteApproval.token_hash == hash_secret(token), SiteApproval.used_at.is_not(None)
        )
    )
    if found is None:
        raise NotFound("There is no such link (any more).")
    site = register.get(session, found.workspace_id, found.site_id)
    is_unchanged = bool(found.sentence and not found.sources and site.has_password)
    return Outcome(site.name or site.url, found.sentence, found.sources, is_unchanged)


def _note(session: Session, token: str, sentence: str, found: Sequence[Source]) -> None:
    sources = [
        {
            "title": one.title,
            "state": one.state,
            "detail": one.detail,
            "docs": reasons.page_about(one.source, one.state),
        }
        for one in found
    ]
    session.execute(
        update(SiteApproval)
        .where(SiteApproval.token_hash == hash_secret(token))
        .values(sentence=sentence, sources=sources)
    )
