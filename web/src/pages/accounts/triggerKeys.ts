/** The keys of triggers, for a choice among them. */
import { queryOptions } from "@tanstack/react-query";

import { api, body } from "../../api/client";

export const triggerKeys = queryOptions({
  queryKey: ["triggers", "keys"],
  queryFn: async () => (await body(api.GET("/api/triggers"))).items.map((one) => one.key),
});
