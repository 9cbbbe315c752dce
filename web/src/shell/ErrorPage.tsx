/** What a page shows when it cannot be shown: why, in words, and what to do about it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";

import { Problem } from "../api/client";
import { allMembers } from "../api/settings";
import { may } from "../session";
import { Button } from "../ui/bits";
import { CopyButton } from "../ui/Copy";
import { WhoHas } from "../ui/Guarded";
import { words } from "../words/en";

const said = words.frame.error;
/** How browsers word it when a part of the page is not on the server any more: after an upgrade. */
const GONE = /dynamically imported module|importing a module script failed|error loading dynamically|failed to fetch module|module script/i;

export function ErrorPage({ error, reset }: { error: unknown; reset?: () => void }) {
  const router = useRouter();
  const again = (): void => { reset?.(); void router.invalidate(); };
  if (error instanceof Problem && error.status === 403) return <Forbidden error={error} />;
  if (error instanceof Problem && error.status === 404) return <Told title={said.missing} how={said.missingHow}><p>{error.message}</p><Back /></Told>;
  if (error instanceof Problem) return <Told title={said.failed} how={said.failedHow}><p>{error.message}</p><ErrorId id={error.requestId} /><Button kind="primary" onClick={again}>{words.retry}</Button></Told>;
  const text = error instanceof Error ? error.message : String(error);
  if (GONE.test(text)) return <Told title={said.newVersion} how={said.newVersionHow}><Button kind="primary" onClick={() => window.location.reload()}>{said.reload}</Button></Told>;
  if (error instanceof TypeError && /fetch|network/i.test(text)) return <Told title={said.offline} how={said.offlineHow}><Button kind="primary" onClick={again}>{words.retry}</Button></Told>;
  return <Told title={said.broken} how={said.brokenHow}><pre className="overflow-x-auto rounded-md bg-ground p-2 text-xs">{text}</pre><Button kind="primary" onClick={() => window.location.reload()}>{said.reload}</Button></Told>;
}

function Told({ title, how, children }: { title: string; how: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title]);
  return (
    <div role="alert" className="mx-auto mt-[12vh] max-w-lg space-y-3 rounded-lg border border-line bg-panel p-6">
      <h1 tabIndex={-1} className="text-lg font-semibold outline-none">{title}</h1>
      <p className="text-muted">{how}</p>
      {children}
    </div>
  );
}

function Forbidden({ error }: { error: Problem }) {
  const permission = /'([a-z]+:[a-z]+)'/.exec(error.message)?.[1];
  const { data } = useQuery({ ...allMembers, enabled: may("config:read"), retry: false });
  const admins = data?.items.filter((one) => one.role === "admin" && one.can_sign_in) ?? [];
  return (
    <Told title={said.forbidden} how={said.forbiddenHow}>
      <p>{error.message}</p>
      {permission && <p><WhoHas permission={permission} /></p>}
      {admins.length > 0 && <p>{said.ask} {admins.map((one) => one.name).join(", ")}</p>}
      <Back />
    </Told>
  );
}

const Back = () => <Link to="/" className="text-accent underline">{words.notFound.back}</Link>;

export function ErrorId({ id }: { id: string | null }) {
  if (!id) return null;
  return <p className="flex flex-wrap items-center gap-2 text-xs">{words.errorId}: <code>{id}</code> <CopyButton text={id} label={said.copyId} /></p>;
}

export function NotFound() {
  return <Told title={words.notFound.title} how={said.missingHow}><Back /></Told>;
}
