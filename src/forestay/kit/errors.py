"""Errors that a person or a caller can act on.

Gives: ForestayError, the base of every expected refusal; a subclass says what happens next.
"""

from __future__ import annotations


class ForestayError(Exception):
    """Something a person can act on; a subclass says what, and whether a retry helps.

    `code` is stable and machine-readable (problem+json `code`), `http_status` what the API answers,
    `retryable` whether the same call may succeed later. The sentence is made by the subclass.
    """

    code: str = "internal"
    http_status: int = 500
    retryable: bool = False


class NotFound(ForestayError):
    """The thing named does not exist in this workspace; check the id."""

    code = "not_found"
    http_status = 404

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        super().__init__(f"there is no {kind} '{key}' in this workspace")


class Invalid(ForestayError):
    """The input is wrong in a way that the sender can mend; `place` says where."""

    code = "invalid"
    http_status = 422

    def __init__(self, sentence: str, *, place: str = "", code: str | None = None) -> None:
        self.place = place
        if code is not None:
            self.code = code
        super().__init__(f"{place}: {sentence}" if place else sentence)


class Conflict(ForestayError):
    """Somebody else changed it first, or its state forbids this; read it again and decide."""

    code = "conflict"
    http_status = 409


class Forbidden(ForestayError):
    """The caller is known but may not do this; the sentence names the missing permission."""

    code = "forbidden"
    http_status = 403


class Unauthorised(ForestayError):
    """No valid key or session came with the call."""

    code = "unauthorised"
    http_status = 401
