"""Journeys drawn at random: every kind of step, every way in, ports wired anywhere."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from forestay.journeys.registry import KINDS

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
KEY = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
NUMBER = st.integers(-1000, 1000) | st.floats(-1e6, 1e6, allow_nan=False)
COLUMN = st.sampled_from(["health.score", "account.arr", "trait.tier", "run.plan", "event.order id", "measure.mrr"])
LEAF = st.one_of(
    st.builds(lambda c, v: {"column": c, "is": "below", "value": v}, COLUMN, NUMBER),
    st.builds(lambda c, v: {"column": c, "is": "in", "value": v}, COLUMN, st.lists(TEXT, min_size=1, max_size=3)),
    st.builds(lambda c: {"column": c, "is": "missing"}, COLUMN),
    st.builds(lambda e, n: {"event": e, "within_days": n}, TEXT, st.integers(1, 30)),
    st.builds(lambda s: {"segment": s}, KEY),
    st.just("health.score < 60 and not account.plan = 'team'"),
)
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
)
DURATION = st.builds(lambda unit, n: {unit: n}, st.sampled_from(["weeks", "days", "hours"]), st.integers(1, 50))
WALL = st.sampled_from(["00:00", "09:30", "10:30", "23:59", "24:00"])
PERSON = st.sampled_from(["owner", "manager", "role:ops", "ada@example.com"])
WINDOW = st.fixed_dictionaries(
    {"hours": st.lists(st.fixed_dictionaries({"start": WALL, "end": WALL}), min_size=1, max_size=2)}
)


def _some(required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional or {})


_WAIT = st.one_of(
    _some({"for": DURATION}, {"window": WINDOW}),
    _some({"until": st.sampled_from(["2026-12-24T09:00", "2026-12-24T09:00:00+01:00"])}, {"past_port": st.booleans()}),
    _some(
        {
            "date": _some(
                {"of": st.sampled_from(["account.renewal_date", "run.due"])},
                {"days_before": st.integers(0, 90), "at": WALL},
            )
        }
    ),
    _some({"business": _some({"hours": st.integers(0, 40)}, {"calendar": KEY})}),
)
_SETTINGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "message": _some({"template": KEY}, {"channel": st.sampled_from(["email", "in_app"]), "follow": st.booleans(), "purpose": KEY}),
    "draft": _some({"template": KEY}, {"within": DURATION, "approver": PERSON, "follow": st.booleans()}),
    "task": _some({"title": TEXT}, {"choices": st.lists(st.sampled_from(["yes", "no", "later"]), unique=True), "due": DURATION, "assignee": PERSON}),
    "approval": _some({"title": TEXT}, {"within": DURATION, "otherwise": st.sampled_from(["approved", "rejected"])}),
    "wait": _WAIT,
    "wait_for": st.one_of(
        _some({"event": TEXT}, {"match": st.dictionaries(TEXT, st.just("run.order"), max_size=2), "timeout": DURATION, "if": CONDITION}),
        _some({"condition": CONDITION}, {"timeout": DURATION}),
    ),
    "condition": _some({"branches": st.lists(st.builds(lambda c, p: {"if": c, "port": p}, CONDITION, st.sampled_from(["yes", "on", "if"])), min_size=1, max_size=3)}),
    "split": st.just({"arms": [{"port": "a", "share": 33.3}, {"port": "b", "share": 66.7}]}),
    "parallel": st.just({"branches": ["left", "right"]}),
    "join": _some({}, {"wait_for": st.sampled_from(["all", "any", 2])}),
    "for_each_contact": _some({}, {"if": CONDITION, "journey": KEY, "wait_for": st.sampled_from(["all", "none", 3])}),
    "sub_journey": _some({"journey": KEY}, {"values": st.dictionaries(st.just("x"), TEXT | NUMBER | st.booleans())}),
    "webhook": _some({"endpoint": KEY}, {"payload": st.dictionaries(TEXT, TEXT | NUMBER | st.booleans() | st.none(), max_size=3)}),
    "crm_action": _some({"action": st.just("log_activity")}, {"fields": st.dictionaries(TEXT, TEXT | NUMBER, max_size=2)}),
    "marketing_action": _some({"action": st.just("add_to_list")}, {"follow": st.booleans()}),
    "update_trait": _some({"set": st.dictionaries(KEY.filter(lambda key: key[0].isalpha()), TEXT | NUMBER | st.none() | st.booleans(), min_size=1, max_size=3)}),
    "go_to": st.just({}),
    "goal": _some({}, {"reason": st.just("met")}),
    "exit": _some({}, {"reason": st.sampled_from(["done", "still low"])}),
}  # fmt: skip
_ENTRY = st.one_of(
    _some({"signal": KEY}, {"if": CONDITION}),
    _some({"event": TEXT}),
    _some({"segment": KEY}, {"when": st.sampled_from(["enters", "leaves"])}),
    _some({"condition": CONDITION}),
    _some({"of": st.just("account.renewal_date"), "days_before": st.integers(0, 365)}, {"at": WALL}),
    _some({"schedule": st.just({"every": "week", "on": ["monday", "fri"], "at": "10:30"})}, {"segment": KEY}),
    st.just({"manual": True}),
    st.just({"api": True}),
)  # fmt: skip


@st.composite
def steps(draw: st.DrawFn, ids: list[str]) -> dict[str, Any]:
    """One step, each of its ways out open, under its name, as `next`, or in `ports`."""
    kind = draw(st.sampled_from(list(KINDS)))
    given = draw(_SETTINGS[kind])
    of = KINDS[kind]
    names = of.ports(of.settings.model_validate(given))
    wired = {name: draw(st.sampled_from(ids)) for name in names if draw(st.integers(0, 5))}
    beside = draw(st.booleans()) and not set(wired) & {*of.settings.model_fields, *given}
    return {"kind": kind, **given, **(wired if beside else {"ports": wired})}


@st.composite
def journeys(draw: st.DrawFn) -> dict[str, Any]:
    """A document that has the shape of a journey, and is seldom fit to run."""
    ids = draw(st.lists(KEY, min_size=1, max_size=6, unique=True))
    head = draw(
        _some(
            {"key": KEY, "name": TEXT},
            {
                "description": TEXT, "category": st.sampled_from(["onboarding", "renewal"]), "owner": TEXT,
                "consent": st.sampled_from(["success", "marketing"]), "holdout_share": st.sampled_from([0, 0.1, 0.5]),
                "goal": _some({"condition": CONDITION}), "exit": _some({"condition": CONDITION}),
                "overdue": st.sampled_from(["run", "hold", "skip"]), "subject": st.sampled_from(["account", "contact"]),
                "re_entry": st.sampled_from([{"rule": "never"}, {"rule": "by_key", "key": "event.order_id"}]),
                "entry": st.lists(_ENTRY, max_size=3), "start": st.sampled_from(ids),
                "layout": st.dictionaries(TEXT, st.dictionaries(st.sampled_from("xy"), NUMBER), max_size=2),
            },
        )
    )  # fmt: skip
    return {**head, "steps": {step_id: draw(steps(ids)) for step_id in ids}}
