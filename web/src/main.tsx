import "./styles.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Problem } from "./api/client";
import { keepInStep } from "./api/stream";
import { makeRouter } from "./router";
import { resume, useSession } from "./session";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000, // the stream tells what changed (api/stream.ts); this is for what no topic names
      // a refusal will not become a yes by asking again; a lost connection may
      retry: (times, error) => !(error instanceof Problem && error.status < 500) && times < 2,
    },
  },
});
const router = makeRouter(queries);
keepInStep(queries);

await resume().catch((error: unknown) => useSession.setState({ state: "failed", error }));
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
