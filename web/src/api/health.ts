/** What the page Health asks for. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Card, Shelf } from "../pages/health/scorecard";
import { api, body } from "./client";

export const scorecards = queryOptions({ queryKey: ["scorecards", "list"], queryFn: () => body(api.GET("/api/scorecards")) });
export const shelf = queryOptions({ queryKey: ["measures", "shelf"], queryFn: () => body(api.GET("/api/health/shelf")) as Promise<Shelf>, staleTime: 300_000 });
/** Figures of the book move with every event; behind a curve they need not move while it is drawn. */
export const book = (measures: readonly string[]) =>
  queryOptions({
    queryKey: ["scorecards", "book", measures],
    queryFn: () => body(api.GET("/api/health/book", { params: { query: measures.length > 0 ? { measure: [...measures] } : {} } })),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

export const preview = (key: string, card: Card, wanted: boolean) =>
  queryOptions({
    queryKey: ["scorecards", key, "preview", card],
    queryFn: ({ signal }) => body(api.POST("/api/scorecards/{key}/preview", { params: { path: { key } }, body: { document: card as Record<string, unknown> }, signal })),
    enabled: wanted,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
