/** Answers that the page's own script asked for before anything else was there (index.html): each is taken once. */
declare global {
  var forestayEarly: Record<string, Promise<Response>> | undefined;
}

/** The early answer to this request, else a new one. An early one that failed is asked for again. */
export function fetchOrEarly(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const early = request.method === "GET" ? globalThis.forestayEarly?.[pathname + search] : undefined;
  if (!early) return fetch(request);
  delete globalThis.forestayEarly?.[pathname + search];
  return early.catch(() => fetch(request));
}
