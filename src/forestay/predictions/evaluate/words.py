"""What an evaluation means, in one paragraph that somebody who makes decisions can act on.

Gives : in_words()
"""

from __future__ import annotations

from forestay.predictions.evaluate.report import EvaluationReport
from forestay.predictions.evaluate.verdict import Figures, Interval


def in_words(report: EvaluationReport) -> str:
    """A paragraph: is there skill, how much, how far the percentages can be trusted, what to beware of."""
    figures = report.figures
    sentences = [
        f"Of {report.rows:,} rows {report.events:,} ({report.base_rate:.1%}) say '{report.positive}', so a forecast that "
        f"never says so would be {max(report.base_rate, 1 - report.base_rate):.1%} accurate and worth nothing."
    ]
    if report.too_good:
        sentences.append(f"{report.too_good} Do not use this result before that is found.")
    elif figures.has_skill:
        sentences += _skill(figures)
    else:
        sentences.append(_no_skill(figures))
    if figures.has_skill or report.too_good:
        sentences.append(_calibration(figures))
    if report.refused:
        names = ", ".join(f"'{one.name}'" for one in report.refused)
        sentences.append(f"Left out because they know the answer: {names}.")
    return " ".join(sentences)


def _skill(figures: Figures) -> list[str]:
    return [
        f"There is {_strength(figures.auc)} skill: shown one customer of each kind, the model picks the right one in "
        f"{figures.auc.value:.0%} of cases (AUC {_range(figures.auc)}; a coin has 50 %).",
        f"Who calls the tenth of customers with the highest chance reaches {figures.recall_10.value:.0%} of all events, "
        f"{figures.lift_10.value:.1f} times as many as by chance ({figures.lift_10.low:.1f} to {figures.lift_10.high:.1f}).",
    ]


def _no_skill(figures: Figures) -> str:
    if figures.auc.low <= 0.5:
        found = f"the AUC of {_range(figures.auc)} cannot be told from the 50 % of a coin"
    else:
        found = (
            f"the order of customers is a little better than a coin (AUC {_range(figures.auc)}), but the chances it gives "
            "are no better than saying the overall share for everybody"
        )
    return (
        f"No skill found: {found}. With these columns and this many rows, do not act on a prediction; more rows, or "
        "columns that say something about behaviour before the event, are what could help."
    )


def _calibration(figures: Figures) -> str:
    gap = f"chances and outcomes differ by {figures.ece:.1%} on average"
    if figures.ece <= figures.ece_noise:
        return f"The percentages can be taken at their word: {gap}, no more than chance alone explains."
    if figures.slope < 0.9:
        return f"The percentages are too sure of themselves: {gap} (slope {figures.slope:.2f}; 1 is right)."
    if figures.slope > 1.1:
        return f"The percentages are too timid: {gap} (slope {figures.slope:.2f}; 1 is right)."
    return f"The percentages are nearly right: {gap}, a little more than chance explains ({figures.ece_noise:.1%})."


def _strength(figure: Interval) -> str:
    return "weak" if figure.value < 0.65 else "moderate" if figure.value < 0.8 else "strong"


def _range(figure: Interval) -> str:
    return f"{figure.value:.3f}, 95 % interval {figure.low:.3f} to {figure.high:.3f}"
