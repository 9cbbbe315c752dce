/** What conditions may name here, for whom one holds now, and its words. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Condition } from "../conditions/model";
import { api, body, type Schemas } from "./client";

export type Vocabulary = Schemas["Vocabulary"];
export type Field = Schemas["FieldShape"];
export type Matching = Schemas["ConditionMatching"];

export const vocabulary = queryOptions({
  queryKey: ["segments", "vocabulary"],
  queryFn: ({ signal }) => body(api.GET("/api/conditions/vocabulary", { signal })),
  staleTime: 300_000,
});

/** An outdated question is given up: its signal ends the request. */
export const matching = (condition: Condition, sample: number) =>
  queryOptions({
    queryKey: ["segments", "matching", condition, sample],
    queryFn: ({ signal }) => body(api.POST("/api/conditions/matching", { body: { condition, sample }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  });

export const parsed = async (text: string, signal?: AbortSignal): Promise<Condition> =>
  (await body(api.POST("/api/conditions/parse", { body: { text }, ...(signal ? { signal } : {}) }))).condition as Condition;
