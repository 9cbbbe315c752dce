"""A workspace's past out of the lake, as backtests read it.

Reads : lake.reads, measures.offline
Gives : LakePast, LakeBlock
Source: DESIGN section 4 (rollups at any day)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forestay.customers.words import Feed
from forestay.lake.reads import Chosen, LakeReader
from forestay.measures.offline import OfflineBlock, OfflineQuestion, TraitLookup, iter_blocks, unreconstructible_traits
from forestay.measures.reading import Needs
from forestay.measures.series import SeriesBook
from forestay.measures.substrate import Substrate, Values

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]

LISTENED_ACCOUNTS = 2000
"""Feeds are listened to on at most so many accounts, evenly taken: a day on which none of them was heard is a
day without deliveries."""
ROWS_SHARE = 0.5
"""What is read and waits to be computed may take of the memory; the engine and the blocks at work take the rest."""
FACTS_OF_FEED: Mapping[Feed, tuple[str, ...]] = {
    Feed.TICKETS: ("ticket.opened", "ticket.closed"),
    Feed.BILLING: ("invoice.issued", "invoice.due", "invoice.settled", "subscription.started"),
    Feed.INTERACTIONS: ("interaction.any",),
    Feed.SURVEYS: ("survey.nps", "survey.csat"),
}


class LakeBlock:
    """Some accounts with their substrates, made when they are asked for; see past_columns.HistoryBlock."""

    def __init__(self, block: OfflineBlock, owner_ids: Ints, outcome_days: Days) -> None:
        self._block, self._outcome_days = block, outcome_days
        self.account_ids, self.owner_ids = block.accounts, owner_ids

    @property
    def substrate(self) -> Substrate:
        """What measures read."""
        return self._block.substrate

    @cached_property
    def outcomes(self) -> Substrate:
        """Facts on the days of the outcomes."""
        return self._block.facts_on(self._outcome_days)


@dataclass(frozen=True, slots=True)
class LakePast:
    """All accounts of a workspace as the lake knows them; see past_columns.AccountHistory.

    account_ids, owner_ids: int64 (n,), ascending accounts and today's CSMs (-1 = none). book: which events feed
    which series, with the inline events of the trigger. traits: present values; those that may have changed
    since are not shown to the past. memory_mb: for the whole backtest.
    """

    lake: LakeReader
    workspace_id: int
    account_ids: Ints
    owner_ids: Ints
    last_day: int
    book: SeriesBook
    traits: TraitLookup
    memory_mb: int = 2000

    def heard(self, feeds: Collection[Feed], since: int, until: int) -> dict[Feed, Days]:
        """By feed, the days since .. until (facts: from their beginning) on which it brought anything."""
        step = max(1, len(self.account_ids) // LISTENED_ACCOUNTS)
        chosen = Chosen(self.workspace_id, self.account_ids[::step])
        found: dict[Feed, Days] = {}
        if Feed.TELEMETRY in feeds:
            found[Feed.TELEMETRY] = self.lake.days_with_events(chosen, since, until)
        of_records = {feed: FACTS_OF_FEED[feed] for feed in set(feeds) - {Feed.TELEMETRY}}
        facts = sorted({fact for names in of_records.values() for fact in names})
        said = self.lake.facts_by_name(chosen, facts, until) if facts else {}
        for feed, names in of_records.items():
            found[feed] = _together([said[fact].day for fact in names])
        return {feed: days for feed, days in found.items() if len(days)}

    def blocks(self, needs: Needs, days: Days, outcome_days: Days) -> Iterator[LakeBlock]:
        """All accounts in blocks with which the whole backtest stays within memory_mb."""
        until = int(max(days[-1], outcome_days[-1]))
        asked = OfflineQuestion(
            self.workspace_id, self.account_ids, days, needs, self.book, self._lasting, facts_until=until
        )
        for block in iter_blocks(self.lake, asked, memory_mb=int(ROWS_SHARE * self.memory_mb)):
            yield LakeBlock(block, self.owner_ids[block.where], outcome_days)

    def _lasting(self, key: str, accounts: Ints) -> Values:
        """The trait where its present value says what it was, else missing: the past is not guessed."""
        return np.full(len(accounts), np.nan) if unreconstructible_traits([key]) else self.traits(key, accounts)


def _together(days: list[Days]) -> Days:
    return np.unique(np.concatenate(days)).astype(np.int32) if days else np.empty(0, np.int32)
