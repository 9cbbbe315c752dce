/** The one door to the server: typed by the OpenAPI document, refusals as `Problem`. */
import createClient, { type Middleware } from "openapi-fetch";

import { fetchOrEarly } from "./early";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** A refusal as the server words it (problem+json). `code` is stable, `message` is for people. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null,
    /** Which part of what was sent it is about, e.g. 'character 15' or 'condition.all[1].value'. */
    readonly place: string | null = null,
  ) {
    super(message);
    this.name = "Problem";
  }
}

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** How this browser proves itself: a session's CSRF token beside its cookie, or a key that lives as long as the tab. */
export const proof: { csrf: string | null; key: string | null; onRefused: () => void } = {
  csrf: null,
  key: sessionStorage.getItem("forestay.key"),
  onRefused: () => undefined,
};

/** How many writes are under way: what is shown runs ahead of the server meanwhile, and is not asked again. */
export const writing = { calls: 0 };

const door: Middleware = {
  onRequest({ request }) {
    if (UNSAFE.has(request.method)) writing.calls += 1;
    if (proof.key) request.headers.set("Authorization", `Bearer ${proof.key}`);
    else if (proof.csrf && UNSAFE.has(request.method)) request.headers.set("X-CSRF-Token", proof.csrf);
    return request;
  },
  onError({ request }) {
    if (UNSAFE.has(request.method)) writing.calls -= 1;
  },
  async onResponse({ request, response }) {
    if (UNSAFE.has(request.method)) writing.calls -= 1;
    if (response.ok) return response;
    const said = (await response.clone().json().catch(() => ({}))) as { code?: string; detail?: string; title?: string; place?: string };
    const asking = new URL(request.url).pathname.startsWith("/api/sessions");
    if (response.status === 401 && !asking) proof.onRefused();
    throw new Problem(
      response.status,
      said.code ?? "unknown",
      said.detail ?? said.title ?? `The server answered ${response.status}.`,
      response.headers.get("X-Request-Id"),
      said.place ?? null,
    );
  },
};

export const api = createClient<paths>({ baseUrl: "/", fetch: fetchOrEarly });
api.use(door);

/** The body of an answer; the middleware has thrown where there is none. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A name for one attempt of an unsafe call, so that a repeat after a lost answer does nothing twice. */
export const once = (): { "Idempotency-Key": string } => ({ "Idempotency-Key": crypto.randomUUID() });
