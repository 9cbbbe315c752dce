"""Who is calling, for which workspace, and what they may do there.

Gives: Principal, PermissionMissing
"""

from __future__ import annotations

from dataclasses import dataclass

from forestay.customers.words import Role
from forestay.governance.permissions import ROLE_PERMISSIONS, Permission, granted_by_scopes
from forestay.kit.errors import Forbidden


class PermissionMissing(Forbidden):
    """The caller is known but lacks one permission: ask an admin for the role or key scope named."""

    code = "permission_missing"

    def __init__(self, permission: Permission, actor: str) -> None:
        self.permission, self.actor = permission, actor
        super().__init__(f"this needs the permission '{permission.value}', which {actor} does not have")


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that has proved who it is.

    actor: 'member:7' or 'key:3', as it stands in the audit trail; member_id and role are None for a key.
    """

    workspace_id: int
    actor: str
    member_id: int | None
    role: Role | None
    permissions: frozenset[Permission]

    def require(self, permission: Permission) -> None:
        """Refuse (403) unless the caller has the permission; the sentence names it."""
        if permission not in self.permissions:
            raise PermissionMissing(permission, self.described())

    def described(self) -> str:
        """The caller in words: 'the role viewer' or 'this key'."""
        return f"the role {self.role.value}" if self.role else "this key"


def member_principal(workspace_id: int, member_id: int, role: Role) -> Principal:
    """A signed-in member."""
    return Principal(workspace_id, f"member:{member_id}", member_id, role, ROLE_PERMISSIONS[role])


def key_principal(workspace_id: int, key_id: int, scopes: tuple[str, ...]) -> Principal:
    """A management key."""
    return Principal(workspace_id, f"key:{key_id}", None, None, granted_by_scopes(scopes))
