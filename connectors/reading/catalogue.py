"""What a shop sells: the categories of its products, each product asked for once in a run."""

from collections.abc import Iterable

from connectors import Site
from connectors.reading.values import bare, mapping, plain

_AT_ONCE = 100


class Catalogue:
    """The products that ``route`` lists."""

    def __init__(self, site: Site, route: str) -> None:
        self._site = site
        self._route = route
        self._known: dict[int, frozenset[str]] = {}

    def look_up(self, products: Iterable[int]) -> None:
        """Asks for those that are not known yet; one that was deleted has no category."""
        fresh = sorted({product for product in products if product} - self._known.keys())
        for start in range(0, len(fresh), _AT_ONCE):
            some = fresh[start : start + _AT_ONCE]
            self._known.update(dict.fromkeys(some, frozenset[str]()))
            query = {
                "include": ",".join(map(str, some)),
                "per_page": str(_AT_ONCE),
                "_fields": "id,categories",
            }
            for number, row in bare(self._site.get(self._route, query)).rows:
                found = row.get("categories")
                names = (mapping(one).get("name") for one in found or [])
                self._known[number] = frozenset(plain(name) for name in names) - {""}

    def categories(self, products: Iterable[int]) -> frozenset[str]:
        """The names of the categories that some products are in."""
        return frozenset().union(*(self._known.get(product, frozenset()) for product in products))
