"""What came in from other departments, in figures: rows in = accepted + quarantined, feed by feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shouwang.apps.exchange import selectors as exchange

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor


@dataclass(frozen=True)
class FeedLine:
    """One feed over all its deliveries in the actor's range."""

    label: str
    deliveries: int
    records: int
    accepted: int
    quarantined: int

    @property
    def balanced(self) -> bool:
        """Whether every record is accounted for."""
        return self.records == self.accepted + self.quarantined


def deliveries(actor: Actor) -> list[FeedLine]:
    """Return one line per feed that delivered anything in the actor's range, in the order of the contracts."""
    return [FeedLine(**line) for line in exchange.totals_by_feed(actor)]
