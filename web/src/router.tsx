/** Which address shows which page. Pages are loaded when they are first wanted; hovering a link is wanting. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { searchOf } from "./pages/accounts/question";
import { ErrorPage, NotFound } from "./shell/ErrorPage";
import { Root } from "./shell/Root";

export type Context = { queries: QueryClient };

const text = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
const whole = (value: unknown): number | undefined => (Number.isInteger(Number(value)) && value !== undefined ? Number(value) : undefined);

const root = createRootRouteWithContext<Context>()({ component: Root, notFoundComponent: NotFound });

export type TodaySearch = { whose?: string | undefined; days?: 1 | 7 | 30 | undefined; rose?: boolean | undefined };
const today = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (given: Record<string, unknown>): TodaySearch => ({ whose: text(given["whose"]), days: ([1, 7, 30] as const).find((one) => one === Number(given["days"])), rose: given["rose"] === true || undefined }),
  component: lazyRouteComponent(() => import("./pages/Today"), "Today") });

const ORDERS = ["urgency", "stake", "due"] as const;
export type InboxSearch = { task?: number | undefined; risk?: string | undefined; whose?: string | undefined; order?: (typeof ORDERS)[number] | undefined };
const inbox = createRoute({
  getParentRoute: () => root,
  path: "/inbox",
  validateSearch: (given: Record<string, unknown>): InboxSearch => ({ task: whole(given["task"]), risk: text(given["risk"]), whose: text(given["whose"]), order: ORDERS.find((one) => one === given["order"]) }),
  component: lazyRouteComponent(() => import("./pages/Inbox"), "Inbox"),
});

const accounts = createRoute({
  getParentRoute: () => root,
  path: "/accounts",
  validateSearch: searchOf,
  component: lazyRouteComponent(() => import("./pages/Accounts"), "Accounts"),
});

export type AccountSearch = { tab?: string | undefined; kinds?: string | undefined };
const account = createRoute({
  getParentRoute: () => root,
  path: "/accounts/$id",
  validateSearch: (given: Record<string, unknown>): AccountSearch => ({ tab: text(given["tab"]), kinds: text(given["kinds"]) }),
  component: lazyRouteComponent(() => import("./pages/Account"), "Account"),
});

export type JourneySearch = {
  tab?: string | undefined; step?: string | undefined; pace?: string | undefined; status?: string | undefined; account?: string | undefined; version?: number | undefined;
  old?: number | undefined; new?: number | undefined;
};
const journey = createRoute({
  getParentRoute: () => root,
  path: "/journeys/$key",
  validateSearch: (given: Record<string, unknown>): JourneySearch => ({
    tab: text(given["tab"]), step: text(given["step"]), pace: text(given["pace"]), status: text(given["status"]), account: text(given["account"]), version: whole(given["version"]),
    old: whole(given["old"]), new: whole(given["new"]),
  }),
  component: lazyRouteComponent(() => import("./pages/Journey"), "Journey"),
});
export type JourneysSearch = { q?: string | undefined; status?: string | undefined; sort?: string | undefined };
const journeys = createRoute({
  getParentRoute: () => root,
  path: "/journeys",
  validateSearch: (given: Record<string, unknown>): JourneysSearch => ({ q: text(given["q"]), status: text(given["status"]), sort: text(given["sort"]) }),
  component: lazyRouteComponent(() => import("./pages/Journeys"), "Journeys"),
});
const oneRun = createRoute({ getParentRoute: () => root, path: "/runs/$id", component: lazyRouteComponent(() => import("./pages/Run"), "Run") });
export type InsightsSearch = { tab?: string | undefined; days?: number | undefined; since?: string | undefined; until?: string | undefined; kpi?: string | undefined; side?: "others" | undefined; missed?: true | undefined };
const insights = createRoute({
  getParentRoute: () => root,
  path: "/insights",
  validateSearch: (given: Record<string, unknown>): InsightsSearch => ({
    tab: text(given["tab"]), days: whole(given["days"]), since: text(given["since"]), until: text(given["until"]), kpi: text(given["kpi"]),
    side: given["side"] === "others" ? "others" : undefined, missed: given["missed"] === true || given["missed"] === "true" ? true : undefined,
  }),
  component: lazyRouteComponent(() => import("./pages/Insights"), "Insights"),
});

const health = createRoute({ getParentRoute: () => root, path: "/health", component: lazyRouteComponent(() => import("./pages/Health"), "Health") });
export type ScorecardSearch = { tab?: string | undefined };
const scorecard = createRoute({
  getParentRoute: () => root,
  path: "/health/$key",
  validateSearch: (given: Record<string, unknown>): ScorecardSearch => ({ tab: text(given["tab"]) }),
  component: lazyRouteComponent(() => import("./pages/Scorecard"), "Scorecard"),
});
export type ModelsSearch = { tab?: string | undefined; model?: number | undefined };
const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: (given: Record<string, unknown>): ModelsSearch => ({ tab: text(given["tab"]), model: whole(given["model"]) }),
  component: lazyRouteComponent(() => import("./pages/Models"), "Models"),
});

export type SettingsSearch = { tab?: string | undefined; status?: string | undefined; kind?: string | undefined; reason?: string | undefined };
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: (given: Record<string, unknown>): SettingsSearch => ({ tab: text(given["tab"]), status: text(given["status"]), kind: text(given["kind"]), reason: text(given["reason"]) }),
  component: lazyRouteComponent(() => import("./pages/Settings"), "Settings"),
});

const setup = createRoute({ getParentRoute: () => root, path: "/setup", component: lazyRouteComponent(() => import("./pages/Setup"), "Setup") });

export type TriggerSearch = { tab?: string | undefined; name?: string | undefined; from?: string | undefined };
const drafted = (given: Record<string, unknown>): TriggerSearch => ({ tab: text(given["tab"]), name: text(given["name"]), from: text(given["from"]) });
const triggers = createRoute({ getParentRoute: () => root, path: "/triggers", component: lazyRouteComponent(() => import("./pages/Triggers"), "Triggers") });
const trigger = createRoute({ getParentRoute: () => root, path: "/triggers/$key", validateSearch: drafted, component: lazyRouteComponent(() => import("./pages/Trigger"), "Trigger") });
const segments = createRoute({ getParentRoute: () => root, path: "/segments", component: lazyRouteComponent(() => import("./pages/Segments"), "Segments") });
const segment = createRoute({ getParentRoute: () => root, path: "/segments/$key", validateSearch: drafted, component: lazyRouteComponent(() => import("./pages/Segment"), "Segment") });

export type MessagesSearch = {
  tab?: string | undefined; q?: string | undefined; use?: string | undefined; status?: string | undefined; channel?: string | undefined; account?: string | undefined;
  journey?: string | undefined; reason?: string | undefined; effect?: number | undefined; contact?: string | undefined;
};
const messages = createRoute({
  getParentRoute: () => root,
  path: "/messages",
  validateSearch: (given: Record<string, unknown>): MessagesSearch => ({
    ...Object.fromEntries(["tab", "q", "use", "status", "channel", "account", "journey", "reason", "contact"].map((name) => [name, text(given[name])])), effect: whole(given["effect"]),
  }),
  component: lazyRouteComponent(() => import("./pages/Messages"), "Messages"),
});
const template = createRoute({
  getParentRoute: () => root,
  path: "/messages/$key",
  validateSearch: (given: Record<string, unknown>): { own?: boolean | undefined } => ({ own: given["own"] === true ? true : undefined }),
  component: lazyRouteComponent(() => import("./pages/Template"), "Template"),
});

export type AuditSearch = { q?: string | undefined; actor?: string | undefined; kind?: string | undefined; since?: string | undefined; until?: string | undefined };
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: (given: Record<string, unknown>): AuditSearch => Object.fromEntries(["q", "actor", "kind", "since", "until"].map((name) => [name, text(given[name])])),
  component: lazyRouteComponent(() => import("./pages/Audit"), "Audit"),
});

const tree = root.addChildren([audit, oneRun, messages, template, triggers, trigger, segments, segment, settings, setup, today, inbox, accounts, account, journeys, journey, insights, health, scorecard, models]);

export const makeRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <ErrorPage error={error} reset={reset} />,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
