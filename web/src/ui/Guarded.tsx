/** Controls that somebody may not use are shown, with the reason: which permission, and which roles have it. */
import { useQuery } from "@tanstack/react-query";
import type { ComponentProps } from "react";

import { roles } from "../api/settings";
import { may } from "../session";
import { words } from "../words/en";
import { Button } from "./bits";

export function GuardedButton({ needs, disabled, title, ...rest }: ComponentProps<typeof Button> & { needs: string }) {
  const allowed = may(needs);
  return <Button {...rest} disabled={disabled || !allowed} title={allowed ? title : words.forbidden(needs)} />;
}

/** Said once over a form that can be read and not changed. */
export function ReadOnly({ needs }: { needs: string }) {
  if (may(needs)) return null;
  return <p role="note" className="mb-3 rounded-md border border-line bg-accent-ground px-3 py-2">{words.forbidden(needs)} <WhoHas permission={needs} /></p>;
}

/** Which roles have a permission, so that one knows whom to ask. */
export function WhoHas({ permission }: { permission: string }) {
  const { data } = useQuery({ ...roles, enabled: may("config:read"), retry: false });
  const able = data?.items.filter((one) => (one.permissions as string[]).includes(permission)).map((one) => words.frame.roles[one.role]) ?? [];
  if (!able.length) return null;
  return <>{words.frame.whoHas(able)}</>;
}
