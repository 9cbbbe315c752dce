/** Which address shows which page. Pages are loaded when they are first wanted; hovering a link is wanting. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { Failure } from "./ui/bits";
import { NotFound, Root } from "./shell/Root";

export type Context = { queries: QueryClient };

const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
const whole = (value: unknown): number | undefined => (Number.isInteger(Number(value)) && value !== undefined ? Number(value) : undefined);

const root = createRootRouteWithContext<Context>()({ component: Root, notFoundComponent: NotFound });

const today = createRoute({ getParentRoute: () => root, path: "/", component: lazyRouteComponent(() => import("./pages/Today"), "Today") });

export type InboxSearch = { task?: number | undefined; risk?: string | undefined; whose?: string | undefined };
const inbox = createRoute({
  getParentRoute: () => root,
  path: "/inbox",
  validateSearch: (given: Record<string, unknown>): InboxSearch => ({ task: whole(given["task"]), risk: text(given["risk"]), whose: text(given["whose"]) }),
  component: lazyRouteComponent(() => import("./pages/Inbox"), "Inbox"),
});

export type AccountsSearch = { q?: string | undefined; view?: string | undefined; sort?: string | undefined };
const accounts = createRoute({
  getParentRoute: () => root,
  path: "/accounts",
  validateSearch: (given: Record<string, unknown>): AccountsSearch => ({ q: text(given["q"]), view: text(given["view"]), sort: text(given["sort"]) }),
  component: lazyRouteComponent(() => import("./pages/Accounts"), "Accounts"),
});

export type AccountSearch = { tab?: string | undefined };
const account = createRoute({
  getParentRoute: () => root,
  path: "/accounts/$id",
  validateSearch: (given: Record<string, unknown>): AccountSearch => ({ tab: text(given["tab"]) }),
  component: lazyRouteComponent(() => import("./pages/Account"), "Account"),
});

const journeys = createRoute({ getParentRoute: () => root, path: "/journeys", component: lazyRouteComponent(() => import("./pages/Journeys"), "Journeys") });
const insights = createRoute({ getParentRoute: () => root, path: "/insights", component: lazyRouteComponent(() => import("./pages/Insights"), "Insights") });

const tree = root.addChildren([today, inbox, accounts, account, journeys, insights]);

export const makeRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
