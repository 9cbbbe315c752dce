"""Who is who: anonymous visitors become known, people change companies, companies merge."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.sources.decode import decode_segment
from forestay.sources.identity import NOBODY, Adopted, Identities, Joined, Merged, Step
from forestay.sources.resolution import Resolved, resolve
from tests.sources.messages import group, identify, segment, track


def tell(known: Identities, *messages: dict[str, Any]) -> Resolved:
    columns, _ = decode_segment([segment(1, *messages)], "UTC")
    return resolve(columns, known)


def steps_of(known: Identities) -> list[Step]:
    return [step for _, step in known.take_steps()]


def test_an_event_counts_for_the_account_it_names() -> None:
    known = Identities()
    seen = tell(known, track("1", userId="ann", account="acme"), track("2", userId="ann"))
    assert seen.account.tolist() == [known.account_of("acme"), NOBODY]


def test_a_group_call_names_the_account_of_later_events() -> None:
    known = Identities()
    seen = tell(known, group("1", "acme", userId="ann"), track("2", userId="ann"))
    assert seen.account.tolist() == [0, 0]


def test_what_was_counted_apart_is_adopted_by_the_first_account() -> None:
    known = Identities()
    tell(known, track("1", anonymousId="x"), group("2", "acme", anonymousId="x"))
    assert steps_of(known) == [Adopted(0, 0)]


def test_identify_joins_the_visitor_and_keeps_the_earlier_number() -> None:
    known = Identities()
    seen = tell(known, track("1", anonymousId="x"), identify("2", "ann", "x"), track("3", userId="ann"))
    assert seen.user.tolist() == [0, 0, 0]
    assert steps_of(known) == [Joined(0, 1)]


def test_a_joined_visitors_events_go_to_the_account_of_the_known_user() -> None:
    known = Identities()
    tell(known, group("1", "acme", userId="ann"), track("2", anonymousId="x"))
    known.take_steps()
    seen = tell(known, identify("3", "ann", "x"), track("4", anonymousId="x"))
    assert steps_of(known) == [Joined(0, 1), Adopted(0, 0)]
    assert seen.account.tolist() == [0, 0]


def test_two_people_who_share_a_computer_stay_two_people() -> None:
    known = Identities()
    tell(known, identify("1", "ann", "x"), identify("2", "bob", "x"))
    seen = tell(known, track("3", userId="ann"), track("4", userId="bob"), track("5", anonymousId="x"))
    assert seen.user.tolist()[0] != seen.user.tolist()[1]
    assert seen.user.tolist()[2] == seen.user.tolist()[1]


def test_an_alias_makes_two_known_users_one_with_one_contact() -> None:
    known = Identities()
    tell(known, track("1", userId="old"), track("2", userId="new"))
    known.take_changes()
    tell(known, {"type": "alias", "messageId": "3", "userId": "new", "previousId": "old"})
    assert known.user_of("u:new") == known.user_of("u:old") == 0
    assert known.take_changes().joined_contacts == [Joined(0, 1)]


def test_a_contact_in_two_accounts_belongs_to_both_and_acts_for_the_last_named() -> None:
    known = Identities()
    seen = tell(known, group("1", "acme", userId="ann"), group("2", "globex", userId="ann"), track("3", userId="ann"))
    assert [(m.account, m.is_primary) for m in known.take_changes().memberships] == [(0, True), (1, True)]
    assert seen.account.tolist()[2] == known.account_of("globex")


def test_naming_another_account_in_one_message_does_not_move_the_user() -> None:
    known = Identities()
    seen = tell(
        known, group("1", "acme", userId="ann"), track("2", userId="ann", account="globex"), track("3", userId="ann")
    )
    assert seen.account.tolist() == [0, 1, 0]
    changes = known.take_changes()
    assert [(m.account, m.is_primary) for m in changes.memberships] == [(0, True)]
    assert [accounts.tolist() for _, accounts, _ in changes.met] == [[1]]


def test_messages_for_a_merged_account_reach_the_one_that_stays() -> None:
    known = Identities()
    tell(known, group("1", "acme", userId="ann"), track("2", userId="bob", account="globex"))
    known.merge("acme", "globex")
    seen = tell(known, track("3", userId="ann"), track("4", userId="ann", account="acme"))
    assert seen.account.tolist() == [1, 1]
    assert Merged(0, 1) in steps_of(known)


def test_a_chain_of_merges_and_a_merge_back_end_at_one_account() -> None:
    known = Identities()
    known.merge("a", "b")
    known.merge("b", "c")
    known.merge("c", "a")
    assert {known.account_of(key) for key in "abc"} == {known.accounts["c"]}


def test_a_known_user_found_behind_an_older_visitor_keeps_contact_and_gains_its_keys() -> None:
    known = Identities()
    tell(known, track("1", anonymousId="x"), group("2", "acme", anonymousId="x"), identify("3", "ann", "x"))
    changes = known.take_changes()
    assert changes.contacts == [0]
    assert [key for key, _ in changes.identities] == ["a:x"]
    assert [users.tolist() for users in changes.acted] == [[0]]
    assert [(m.user, m.account, m.is_primary) for m in changes.memberships] == [(0, 0, True)]


KEYS = st.sampled_from(["p", "q", "r"])
MESSAGES = st.lists(
    st.one_of(
        st.builds(lambda a: track("", anonymousId=a), KEYS),
        st.builds(lambda u: track("", userId=u), KEYS),
        st.builds(lambda u, g: track("", userId=u, account=g), KEYS, KEYS),
        st.builds(lambda u, a: identify("", u, a), KEYS, KEYS),
        st.builds(lambda u, g: identify("", u, None, account=g), KEYS, KEYS),
        st.builds(lambda u, g: group("", g, userId=u), KEYS, KEYS),
        st.builds(lambda a, g: group("", g, anonymousId=a), KEYS, KEYS),
        st.builds(lambda u, p: {"type": "alias", "messageId": "", "userId": u, "previousId": p}, KEYS, KEYS),
    ),
    max_size=25,
)


def state(known: Identities) -> tuple[object, ...]:
    people = {key: known.contact_keys[known.canonical[n]] for key, n in known.users.items()}
    homes = {
        key: known.account_keys[row]
        for key, n in known.users.items()
        if (row := int(known.primary_of(known.canonical.values[[n]])[0])) != NOBODY
    }
    return people, homes, known.members.packed().tolist()


@settings(max_examples=120, deadline=None)
@given(MESSAGES, st.lists(st.integers(0, 25), max_size=4))
def test_messages_read_together_mean_what_they_mean_one_by_one(
    messages: Sequence[dict[str, Any]], cuts: Sequence[int]
) -> None:
    together, one_by_one = Identities(), Identities()
    bounds = sorted({0, len(messages), *(cut for cut in cuts if cut < len(messages))})
    columns, _ = decode_segment([segment(n + 1, message) for n, message in enumerate(messages)], "UTC")
    everything: dict[str, list[int]] = {"user": [], "account": []}
    for start, end in pairwise(bounds):
        records = [segment(n + 1, messages[n]) for n in range(start, end)]
        part = resolve(decode_segment(records, "UTC")[0], together)
        everything["user"] += part.user.tolist()
        everything["account"] += part.account.tolist()
    alone = [resolve(decode_segment([segment(n + 1, m)], "UTC")[0], one_by_one) for n, m in enumerate(messages)]
    assert everything["user"] == [int(seen.user[0]) for seen in alone]
    assert everything["account"] == [int(seen.account[0]) for seen in alone]
    assert together.take_steps() == one_by_one.take_steps()
    assert state(together) == state(one_by_one)
    assert len(columns) == len(messages)


def test_a_person_who_only_stands_in_an_export_has_no_identity_until_they_act() -> None:
    known = Identities()
    known.user_of("u:ann")
    assert known.take_changes().acted == []
    tell(known, track("1", userId="ann"), track("2", userId="ann"))
    assert [users.tolist() for users in known.take_changes().acted] == [[0]]


def test_a_device_that_changes_hands_within_one_batch_counts_for_its_new_user() -> None:
    known = Identities()
    tell(known, identify("1", "ann", "x"))
    seen = tell(known, track("2", anonymousId="x"), identify("3", "bob", "x"), track("4", anonymousId="x"))
    assert seen.user.tolist()[0] == known.user_of("u:ann")
    assert seen.user.tolist()[2] == known.user_of("u:bob")
