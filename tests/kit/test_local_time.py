"""Every zone of the world, every change of its clocks in three years: one rule for all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from forestay.kit.caps import Cap, next_free
from forestay.kit.clock import micros_of, moment_of
from forestay.kit.local_time import changes, local_of, moment_at, moments_at
from forestay.kit.quiet_hours import QuietWindow, is_quiet, next_allowed
from tests.kit.zones import CHANGES, SINCE, ZONES, around

FORWARD = [(zone, change) for zone, change in CHANGES if change[2] > change[1]]
BACK = [(zone, change) for zone, change in CHANGES if change[2] < change[1]]
EPOCH = date(1970, 1, 1)
WINDOWS = [
    QuietWindow(),
    QuietWindow(start=time(1), end=time(2, 30)),
    QuietWindow(start=time(2, 15), end=time(3)),
    QuietWindow(start=time(23, 30), end=time(0, 30)),
]


def test_the_worlds_clocks_change_in_both_directions() -> None:
    """The other tests of this module have something to look at."""
    assert len(FORWARD) > 50
    assert len(BACK) > 50
    assert len({after - before for _, (_, before, after) in CHANGES}) >= 4  # hours and half hours, both ways


def test_a_change_is_found_to_the_second() -> None:
    for zone, (at, before, after) in CHANGES:
        assert local_of(at - timedelta(seconds=1), zone).utcoffset() == before
        assert local_of(at, zone).utcoffset() == after


def test_a_time_that_is_skipped_is_shifted_forward_once() -> None:
    for zone, (at, before, after) in FORWARD:
        skipped = (at + before + (after - before) / 2).replace(tzinfo=None)
        shown = local_of(moment_at(skipped.date(), skipped.time(), zone), zone).replace(tzinfo=None)
        assert shown == skipped + (after - before), zone


def test_a_time_that_comes_twice_means_its_first_coming() -> None:
    for zone, (at, before, after) in BACK:
        twice = (at + after + (before - after) / 2).replace(tzinfo=None)
        moment = moment_at(twice.date(), twice.time(), zone)
        assert moment < at, zone
        assert local_of(moment, zone).replace(tzinfo=None) == twice


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    for zone, (at, _, _) in CHANGES:
        days = [local_of(at, zone).date() + timedelta(days=n) for n in (-1, 0, 1)]
        for wall in (time(0), time(0, 30), time(2, 30), time(3), time(9), time(23, 45)):
            one_by_one = [micros_of(moment_at(day, wall, zone)) for day in days]
            numbers = np.array([(day - EPOCH).days for day in days])
            assert moments_at(numbers, wall, [zone] * 3).tolist() == one_by_one, (zone, wall)


def test_nine_oclock_is_nine_oclock_on_every_day_of_three_years() -> None:
    days = np.arange((date(SINCE, 1, 1) - EPOCH).days, (date(SINCE + 3, 1, 1) - EPOCH).days)
    nine = days * 86_400_000_000 + 9 * 3_600_000_000
    for zone in ZONES:
        found = moments_at(days, time(9), [zone] * len(days))
        offsets = nine - found
        shown = [local_of(moment_of(int(moment)), zone).hour for moment in found[::7]]
        assert set(shown) == {9}, zone
        assert len(np.flatnonzero(np.diff(offsets))) == len(changes(zone, SINCE, SINCE + 2)), zone


def test_nothing_leaves_in_quiet_hours_whatever_the_clocks_do() -> None:
    """Invariant 5."""
    for zone, (at, _, _) in CHANGES:
        for window in WINDOWS:
            for moment in around(at):
                allowed = next_allowed(moment, zone, window)
                assert allowed >= moment
                assert not is_quiet(allowed, zone, window), (zone, moment)
                assert allowed - moment <= timedelta(hours=26)


def test_quiet_hours_end_as_soon_as_they_may() -> None:
    for zone, (at, _, _) in CHANGES:
        for moment in around(at, minutes=311):
            allowed = next_allowed(moment, zone, QuietWindow())
            just_before = allowed - timedelta(seconds=1)
            assert allowed == moment or is_quiet(just_before, zone, QuietWindow()), (zone, moment)


def test_a_cap_by_the_day_begins_anew_at_the_recipients_midnight() -> None:
    for zone, (at, _, _) in CHANGES:
        for moment in around(at, minutes=311):
            free = next_free([moment], moment, Cap(limit=1, days=0), zone)
            assert free is not None
            today = local_of(moment, zone).date()
            assert local_of(free, zone).date() == today + timedelta(days=1), (zone, moment)
            assert local_of(free - timedelta(seconds=1), zone).date() == today, (zone, moment)


def test_a_zone_without_changes_has_none() -> None:
    assert changes("UTC", SINCE, SINCE + 2) == ()
    assert datetime(2026, 3, 29, 1, tzinfo=UTC) in [at for at, _, _ in changes("Europe/Berlin", 2026, 2026)]
