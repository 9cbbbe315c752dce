"""The dimensions that exist, in the order of every columnar dimension array (n, 5).

Gives: DIMENSIONS, KEYS. Adding a dimension is one module on the shelf and one line here.
"""

from __future__ import annotations

from forestay.health.dimension import Dimension
from forestay.health.dimensions.engagement import ENGAGEMENT
from forestay.health.dimensions.feature_adoption import FEATURE_ADOPTION
from forestay.health.dimensions.payment import PAYMENT
from forestay.health.dimensions.product_usage import PRODUCT_USAGE
from forestay.health.dimensions.support import SUPPORT

DIMENSIONS: tuple[Dimension, ...] = (PRODUCT_USAGE, ENGAGEMENT, SUPPORT, PAYMENT, FEATURE_ADOPTION)
KEYS: tuple[str, ...] = tuple(dimension.key for dimension in DIMENSIONS)
