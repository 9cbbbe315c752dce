"""Labels as documents: what counts as the event that a model foresees, and on which day it happened.

Reads : facts of a Substrate over consecutive days; days since the last activity on them
Gives : Label and its six forms, read_label(), label_schema(), event_days(), days_until(), facts_of(), CHURN,
        EARLY_WARNING, EXPANSION
Source: REQUIREMENTS C1-C3; docs/architecture.md (facts)

    {"label": "cancelled"}  {"label": "not_renewed", "grace_days": 14}  {"label": "contracted", "at_least": 0.1}
    {"label": "expanded", "at_least": 0.05}  {"label": "silent", "days": 30}  {"label": "last_activity", "silent_days": 60}
    {"any": [...]}: whichever comes first
An event lies on the day on which it happened, not on which it was noticed; some are only known a while later
(known_after), so that many days at the end of the data are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError

from forestay.conditions.columns import Flags, Floats
from forestay.kit.errors import Invalid
from forestay.measures.substrate import Substrate

_frozen = ConfigDict(frozen=True, extra="forbid")
_ROUNDING = 0.01


class BadLabel(Invalid):
    """The document is no label; the sentence says which part to mend."""

    code = "bad_label"


class Cancelled(BaseModel):
    """The account churned, or its revenue fell to nothing."""

    model_config = _frozen
    label: Literal["cancelled"] = "cancelled"


class NotRenewed(BaseModel):
    """A term ended, and for `grace_days` no revenue came back; known only after them."""

    model_config = _frozen
    label: Literal["not_renewed"] = "not_renewed"
    grace_days: int = Field(default=14, ge=0, le=120)


class Contracted(BaseModel):
    """Revenue fell within a day by at least this share, but not to nothing."""

    model_config = _frozen
    label: Literal["contracted"] = "contracted"
    at_least: float = Field(default=0.1, gt=0, lt=1)


class Expanded(BaseModel):
    """Revenue rose within a day by at least this share."""

    model_config = _frozen
    label: Literal["expanded"] = "expanded"
    at_least: float = Field(default=0.05, gt=0)


class Silent(BaseModel):
    """Nobody has been active for `days` days; it happens on the day that completes them."""

    model_config = _frozen
    label: Literal["silent"] = "silent"
    days: int = Field(default=30, ge=2, le=400)


class LastActivity(BaseModel):
    """The last active day before the account left, or before `silent_days` of silence; known only after them."""

    model_config = _frozen
    label: Literal["last_activity"] = "last_activity"
    silent_days: int = Field(default=60, ge=7, le=400)


class AnyOf(BaseModel):
    """Whichever comes first."""

    model_config = _frozen
    any: tuple[Single, ...] = Field(min_length=1, max_length=5)


Single = Annotated[Cancelled | NotRenewed | Contracted | Expanded | Silent | LastActivity, Field(discriminator="label")]


def _form(document: object) -> str:
    keys = document if isinstance(document, Mapping) else dict(document) if isinstance(document, BaseModel) else {}
    return "any" if "any" in keys else "single"


Label = Annotated[Annotated[Single, Tag("single")] | Annotated[AnyOf, Tag("any")], Discriminator(_form)]
AnyOf.model_rebuild()
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Label)

CHURN = Cancelled()
EARLY_WARNING = LastActivity()
EXPANSION = Expanded()
LabelForm = Cancelled | NotRenewed | Contracted | Expanded | Silent | LastActivity | AnyOf


def read_label(document: object) -> LabelForm:
    """The label of a document. Raises BadLabel."""
    try:
        label: LabelForm = _ADAPTER.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadLabel(first["msg"], place=".".join(str(part) for part in first["loc"])) from error
    return label


def label_schema() -> dict[str, Any]:
    """JSON Schema of a label document, for the form in the web UI."""
    return _ADAPTER.json_schema()


def facts_of(label: LabelForm) -> frozenset[str]:
    """Facts that the outcome substrate must be able to answer."""
    parts = label.any if isinstance(label, AnyOf) else (label,)
    term = {"subscription.ended"} if any(isinstance(part, NotRenewed) for part in parts) else set()
    return frozenset({"account.churned", "mrr", "subscription.started"} | term)


def known_after(label: LabelForm) -> int:
    """Days after which it is known of a day whether the event happened on it."""
    match label:
        case NotRenewed():
            return label.grace_days
        case LastActivity():
            return label.silent_days
        case AnyOf():
            return max(known_after(part) for part in label.any)
        case _:
            return 0


def event_days(label: LabelForm, outcomes: Substrate, silence: Floats | None) -> Flags:
    """Where the event happened, bool (accounts, days) of the outcome substrate's consecutive days.

    silence: days since the last activity on the same days (n, days), NaN = never active; needed for labels of silence
    only. Raises BadLabel when it is needed and missing.
    """
    if isinstance(label, AnyOf):
        return np.asarray(np.any([event_days(part, outcomes, silence) for part in label.any], axis=0), bool)
    if isinstance(label, Silent | LastActivity):
        if silence is None:
            raise BadLabel("a label of silence needs the days since the last activity", place=label.label)
        if isinstance(label, Silent):
            return _reached(silence, label.days)
        return _last_active(silence, label.silent_days, _left(outcomes))
    if isinstance(label, Cancelled):
        return _left(outcomes)
    mrr, before = _revenue(outcomes)
    if isinstance(label, Contracted):
        return (mrr > _ROUNDING) & (mrr < before * (1 - label.at_least) + _ROUNDING) & (before > mrr + _ROUNDING)
    if isinstance(label, Expanded):
        return (before > _ROUNDING) & (mrr >= before * (1 + label.at_least) - _ROUNDING) & (mrr > before + _ROUNDING)
    ended = (outcomes.fact_sum("subscription.ended", 1) > 0) & (before > _ROUNDING) & (mrr <= _ROUNDING)
    return ended & ~_comes_back(mrr > _ROUNDING, label.grace_days)


def days_until(happened: Flags, at: np.ndarray[Any, np.dtype[np.integer[Any]]]) -> Floats:
    """Days (n, len(at)) from each column number in `at` to the first event after it, +inf when there is none."""
    width = happened.shape[1]
    following = np.where(happened, np.arange(width), width * 10)
    following = np.minimum.accumulate(following[:, ::-1], axis=1)[:, ::-1]
    padded = np.hstack([following, np.full((len(happened), 1), width * 10)])
    days = (padded[:, np.minimum(at + 1, width)] - at).astype(np.float64)
    return np.where(days > width, np.inf, days)


def _revenue(outcomes: Substrate) -> tuple[Floats, Floats]:
    mrr = outcomes.fact_total("mrr")
    return mrr, mrr - outcomes.fact_sum("mrr", 1)


def _left(outcomes: Substrate) -> Flags:
    mrr, before = _revenue(outcomes)
    return (outcomes.fact_sum("account.churned", 1) > 0) | ((before > _ROUNDING) & (mrr <= _ROUNDING))


def _reached(silence: Floats, days: int) -> Flags:
    """The day on which silence grows to `days`; not on the first column, whose day before is not seen."""
    reached = np.zeros(silence.shape, bool)
    with np.errstate(invalid="ignore"):
        reached[:, 1:] = (silence[:, 1:] >= days) & (silence[:, :-1] < days)
    return reached


def _last_active(silence: Floats, days: int, left: Flags) -> Flags:
    """The active day after which `days` of silence, or the end, came."""
    found = np.zeros(silence.shape, bool)
    for rows, columns in (np.nonzero(_reached(silence, days)), np.nonzero(left)):
        back = columns - np.nan_to_num(silence[rows, columns], nan=1e9).astype(np.int64)
        seen = back >= 0
        found[rows[seen], back[seen]] = True
    return found


def _comes_back(paying: Flags, days: int) -> Flags:
    """Whether the account pays again on any of the `days` days after each."""
    ahead = np.zeros(paying.shape, bool)
    for shift in range(1, min(days, paying.shape[1] - 1) + 1):
        ahead[:, :-shift] |= paying[:, shift:]
    return ahead
