"""The tone of what customers write, -1 to 1, by a list of words: quick, explainable, without anything to install.

Gives : sentiment()
The list of words comes from vaderSentiment (MIT, see LICENSE-vader-MIT.txt), with words of our own over it.
Measured in docs/trajectory-and-anomalies.md; a stronger reader, where its packages are installed, is
forestay.predictions.sentiment.
"""

from forestay.measures.sentiment.reading import NEGATIVE, sentiment

__all__ = ["NEGATIVE", "sentiment"]
