"""How an account answers help: by what troubles it, by who is there to be helped, and by a temper that nobody sees.

Gives: Situation, situation_of(), effect_of(), REMEDIES.
Source: docs/decisions/0007-help-works-where-there-is-something-to-be-helped.md; docs/simulator.md, 'Help'

An intervention undoes a share of the harm that is under way, if it is of the kind that can: training does not bring a
sponsor back, and an executive does not mend an integration. Attention alone does a little good everywhere. Both reach
those who are still there: the less engaged, the less. All of this shows in what a company knows of its customers. The
account's temper does not: some cannot be helped, and some take it ill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forestay.simulator.profile import Profile, Size
from forestay.simulator.shocks import IMPACTS, RESPONSES, InterventionKind, Response, Shock, ShockKind, strength

ATTENTION = 0.5
"""What being cared for adds where nothing else can be done, at ordinary engagement."""
RELIEF = 1.2
"""How much of the harm under way is undone by help that suits it wholly."""
MISFIT = 0.5
"""Of the harm that a product does which does not suit, training and talk undo as much."""
REACH, LEAST_REACH, MOST_REACH = 0.35, 0.4, 1.4
"""Help reaches 1 + REACH x engagement of what it could do, within the two bounds."""
ILL = 0.4
"""What a sleeping dog loses by any help."""

_K, _I = ShockKind, InterventionKind
REMEDIES: Mapping[InterventionKind, Mapping[ShockKind, float]] = {
    _I.CHECK_IN: {
        _K.DISAPPOINTMENT: 0.8, _K.INTEGRATION_BROKEN: 0.8, _K.SYNC_STALLED: 0.8, _K.BAD_RELEASE: 0.6,
        _K.SPONSOR_LEFT: 0.6, _K.COMPETITOR: 0.5, _K.REORGANISATION: 0.4,
    },
    _I.TRAINING: {_K.REORGANISATION: 0.9, _K.DISAPPOINTMENT: 0.6, _K.SPONSOR_LEFT: 0.5, _K.BAD_RELEASE: 0.4},
    _I.EXECUTIVE_OUTREACH: {
        _K.SPONSOR_LEFT: 1.0, _K.COMPETITOR: 0.9, _K.DISAPPOINTMENT: 0.8, _K.REORGANISATION: 0.6, _K.BUDGET_CUT: 0.3,
    },
    _I.DISCOUNT: {_K.BUDGET_CUT: 1.0, _K.COMPETITOR: 0.8, _K.DISAPPOINTMENT: 0.3},
}  # fmt: skip
"""Share 0-1 of a trouble's harm that a kind of help can undo; what is not named it does nothing about."""
_SUITS = {
    Size.SMB: InterventionKind.TRAINING,
    Size.MID: InterventionKind.CHECK_IN,
    Size.ENTERPRISE: InterventionKind.EXECUTIVE_OUTREACH,
}


@dataclass(frozen=True, slots=True)
class Situation:
    """An account on a day: its engagement, and the harm of each trouble under way (latent units, above 0)."""

    engagement: float
    troubles: Mapping[ShockKind, float]


def situation_of(shocks: tuple[Shock, ...], engagement: float, day: int) -> Situation:
    """What troubles an account on a day; shocks that begin later are not known yet."""
    troubles: dict[ShockKind, float] = {}
    for shock in shocks:
        impact = IMPACTS[shock.kind]
        harm = -0.5 * (impact.satisfaction + impact.engagement) * shock.size * strength(shock, day)
        if harm > 0:
            troubles[shock.kind] = troubles.get(shock.kind, 0.0) + harm
    return Situation(engagement, troubles)


def effect_of(profile: Profile, kind: InterventionKind, luck: float, now: Situation) -> float:
    """What an intervention adds to this account's satisfaction at its height. luck: uniform 0-1."""
    by_luck = 0.7 + 0.6 * luck
    if profile.response is Response.SLEEPING_DOG:
        return round(-ILL * by_luck, 4)
    attention = ATTENTION * (1.25 if kind is _SUITS[profile.size] else 0.75)
    misfit = MISFIT * max(0.0, -0.6 * profile.fit) if kind in (_I.TRAINING, _I.CHECK_IN) else 0.0
    undone = sum(REMEDIES[kind].get(trouble, 0.0) * harm for trouble, harm in now.troubles.items())
    reach = min(MOST_REACH, max(LEAST_REACH, 1.0 + REACH * now.engagement))
    return round(RESPONSES[profile.response] * reach * (attention + misfit + RELIEF * undone) * by_luck, 4)
