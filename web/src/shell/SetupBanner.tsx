/** A line over every page while set-up is not finished: the way back to it. It is gone when customers have come in. */
import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { useState } from "react";

import { status } from "../api/queries";
import { may, useSession } from "../session";
import { Button } from "../ui/bits";
import { office as officeWords } from "../words/en.office";

const LATER = "forestay.setup-later";

export function SetupBanner() {
  const { data } = useQuery({ ...status, enabled: may("jobs:read") });
  const isKey = useSession((own) => own.session?.member === null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [later, setLater] = useState(sessionStorage.getItem(LATER) === "yes");
  if (later || path === "/setup" || data?.accounts !== 0 || !may("config:write")) return null;
  const dismiss = (): void => {
    sessionStorage.setItem(LATER, "yes");
    setLater(true);
  };
  return (
    <aside aria-label={officeWords.setup.title} className="flex flex-wrap items-center gap-3 border-b border-line bg-accent-ground px-4 py-2">
      <span>{isKey ? officeWords.setup.bannerKey : officeWords.setup.banner}</span>
      <Link to="/setup" className="font-medium text-accent underline">{officeWords.setup.goOn}</Link>
      <Button kind="quiet" className="ml-auto" onClick={dismiss}>{officeWords.setup.later}</Button>
    </aside>
  );
}
