/** What stands where nothing can stand yet: no customer has come in, and this is how they do. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { status } from "../api/queries";
import { may } from "../session";
import { words } from "../words/en";

/** Whether no customer is known; false until that is known. */
export const useNobody = (): boolean => useQuery(status).data?.accounts === 0;

export function NoCustomers({ children }: { children?: ReactNode }) {
  return (
    <section className="mx-auto max-w-xl space-y-2 px-4 py-10 text-center">
      <h2 className="font-semibold">{words.today.empty}</h2>
      <p className="text-muted">{children ?? words.today.emptyHow}</p>
      {may("config:write") ? <p><Link to="/setup" className="inline-flex min-h-8 items-center rounded-md bg-accent px-3 font-medium text-on-accent">{words.today.connect}</Link></p> : <p className="text-muted">{words.today.askAdmin}</p>}
    </section>
  );
}
