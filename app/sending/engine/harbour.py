"""Every lane of one sender: for each relay one for campaigns, and one that is for messages only."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.rules.routing import lane_shares
from app.sending.engine.lanes import DEPTH, Lane
from app.sending.engine.works import Hooks, Ways, Work
from app.sending.models import Relay

#: Relay, and whether it is the lane of messages.
_Key = tuple[UUID, bool]


class Harbour:
    """Finds and opens lanes. A relay that may have a single connection has one lane, in which
    messages go before what waits for campaigns.
    """

    def __init__(self, ways: Ways, hooks: Hooks, *, patience: float) -> None:
        self._ways = ways
        self._hooks = hooks
        self._patience = patience
        self._lanes: dict[_Key, tuple[datetime, Lane]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def free(self, relay: Relay) -> int:
        """Room in the lane of messages. It only looks: it may be called from another thread."""
        return self._free(relay, urgent=True)

    def free_for_many(self, relay: Relay) -> int:
        """Room in the lane of campaigns; as above."""
        return self._free(relay, urgent=False)

    def _free(self, relay: Relay, *, urgent: bool) -> int:
        known = self._lanes.get(_key(relay, urgent))
        if known is None or known[0] != relay.updated_at:
            return max(1, _connections(relay, urgent)) * DEPTH
        return known[1].free_for(urgent)

    def put(self, relay: Relay, works: Iterable[Work], *, urgent: bool) -> None:
        """Gives begun deliveries to the relay's lane. Raises vault.WrongKey."""
        self._lane(relay, urgent).put(works, first=urgent)

    def withdraw(self, relay_id: UUID) -> None:
        """Gives back what waits for a relay that is off."""
        for urgent in (True, False):
            if (relay_id, urgent) in self._lanes:
                self._lanes[relay_id, urgent][1].withdraw()

    async def close(self) -> None:
        """Lets every line end what it began."""
        lanes = [lane.close(self._patience) for _, lane in self._lanes.values()]
        await asyncio.gather(*lanes, *self._closing)

    def _lane(self, relay: Relay, urgent: bool) -> Lane:
        """The lane; a new one when the relay's settings were changed."""
        key = _key(relay, urgent)
        known = self._lanes.get(key)
        if known is not None and known[0] == relay.updated_at:
            return known[1]
        if known is not None:
            closing = asyncio.create_task(known[1].close(self._patience))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        lane = Lane(
            self._ways.endpoint(relay),
            self._hooks,
            connections=_connections(relay, key[1]),
            messages_per_connection=relay.messages_per_connection,
        )
        self._lanes[key] = (relay.updated_at, lane)
        return lane


def _key(relay: Relay, urgent: bool) -> _Key:
    return relay.id, urgent and _connections(relay, True) > 0


def _connections(relay: Relay, urgent: bool) -> int:
    return lane_shares.connections(relay.max_connections)[urgent]
