/** Whether the first member is still missing; anybody may ask. */
import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";

export const setup = queryOptions({ queryKey: ["workspace", "setup"], queryFn: () => body(api.GET("/api/setup")), retry: 1 });
