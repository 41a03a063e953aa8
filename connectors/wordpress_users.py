"""The users of a WordPress site itself: accounts, customers, members."""

from collections.abc import Iterator, Sequence

from connectors import Incoming, Needs, Option, Page, Pull, Site, SourceField
from connectors.reading import walk
from connectors.reading.values import bare, plain, text, utc
from connectors.reading.walk import Row, Sheet
from wp_bridge.errors import AskTheOwner

_ROUTE = "wp/v2/users"
_PER_PAGE = 100
_FIELDS = "id,username,email,first_name,last_name,name,url,locale,registered_date,roles"
_NONE: frozenset[str] = frozenset()


class WordPressUsers:
    """A full sweep by id. There is no filter for what changed, so rows are compared here."""

    key = "wordpress_users"
    title = "WordPress users"
    needs = Needs(
        namespace="wp/v2",
        plugin="WordPress",
        permission="Listing users with their e-mail addresses takes an administrator, or a role "
        "with the capabilities list_users and edit_users.",
    )
    fields = (
        SourceField("first_name", "First name", "first_name"),
        SourceField("last_name", "Last name", "last_name"),
        SourceField("locale", "Language", "language"),
        SourceField("username", "User name"),
        SourceField("display_name", "Display name"),
        SourceField("url", "Website"),
        SourceField("registered_at", "Registered (UTC)"),
        SourceField("roles", "Roles"),
    )
    options = (
        Option("roles_as_lists", "Put people on a list for each of their roles", False),
        Option("roles_as_tags", "Tag people with their roles", False),
        Option("only_roles", "Only users with one of these roles (commas between)", ""),
    )

    def look(self, site: Site) -> int | str | None:
        """The first users and the last. WordPress counts all, and leaves out, one by one, whom the
        account may not edit: raises AskTheOwner when it shows none, and says so when it hides some.
        """
        first = _glance(site, 1)
        sheets = {1: first} | {page: _glance(site, page) for page in [first.pages] if page > 1}
        shown = sum(len(sheet.rows) for sheet in sheets.values())
        asked = shown + sum(sheet.hidden(page, _PER_PAGE) for page, sheet in sheets.items())
        if first.total and not shown:
            raise AskTheOwner(
                "needs_permission",
                f"WordPress counts {first.total} users and shows this account none of them: it may "
                f"list users, but not edit them (edit_users). {self.needs.permission}",
            )
        return _partly(first.total, shown, asked) if shown < asked else first.total

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Pages of 100 by id. Rows that this account may not edit are left out of theirs."""

        def read(page: int) -> Sheet:
            return bare(site.get(_ROUTE, _params(page)))

        say = _speaker(pull)
        for step in walk.upwards(read, say, pull.cursor, _PER_PAGE):
            yield Page(step.rows, step.at, step.total, hidden=step.hidden)


connector = WordPressUsers()


def _glance(site: Site, page: int) -> Sheet:
    """The ids of a page: WordPress leaves out, one by one, whom the account may not edit."""
    return bare(site.get(_ROUTE, {**_params(page), "_fields": "id"}))


def _partly(total: int, shown: int, asked: int) -> str:
    among = "" if asked == total else f" of {asked} that were looked at"
    return (
        f"It can be read in part: WordPress counts {total} users and shows this account "
        f"{shown}{among}. It leaves out those whom the account may not edit (a shop manager's may "
        "edit customers only): give an administrator's to read them all."
    )


def _params(page: int) -> dict[str, str]:
    return {
        "context": "edit",  # without it there is no e-mail address
        "orderby": "id",
        "order": "asc",
        "per_page": str(_PER_PAGE),
        "page": str(page),
        "_fields": _FIELDS,
    }


def _speaker(pull: Pull) -> walk.Say:
    """Says rows in our words, by the options of one run."""
    only = str(pull.options.get("only_roles") or "")
    wanted = {role.strip() for role in only.split(",")} - {""}
    as_lists = bool(pull.options.get("roles_as_lists"))
    as_tags = bool(pull.options.get("roles_as_tags"))

    def incoming(number: int, row: Row) -> Incoming:
        found = row.get("roles")
        roles = [plain(role) for role in found] if isinstance(found, list) else []
        return Incoming(
            str(number),
            text(row.get("email")),
            _fields(row, roles),
            skip="rejected_by_mapping" if wanted and wanted.isdisjoint(roles) else "",
            lists=frozenset(roles) if as_lists else _NONE,
            tags=frozenset(roles) if as_tags else _NONE,
        )

    return lambda rows: tuple(incoming(number, row) for number, row in rows)


def _fields(row: Row, roles: Sequence[str]) -> dict[str, str]:
    return {
        "first_name": plain(row.get("first_name")),
        "last_name": plain(row.get("last_name")),
        "locale": plain(row.get("locale")),
        "username": plain(row.get("username")),
        "display_name": plain(row.get("name")),
        "url": plain(row.get("url")),
        "registered_at": utc(row.get("registered_date")),
        "roles": ", ".join(roles),
    }
