/** In which row each step stands, which ways lead back, and below which step each belongs. */
export type Arrow = { from: string; to: string };

const name = (arrow: Arrow): string => `${arrow.from}\n${arrow.to}`;

/** Rows by the longest way from a root; a way to a step that is still being walked leads back. What no way leads to
 * begins a part of its own. */
export function ranksOf(root: string, ids: readonly string[], arrows: readonly Arrow[]): { ranks: Map<string, number>; isBack: (arrow: Arrow) => boolean } {
  const next = new Map<string, string[]>();
  for (const arrow of arrows) next.set(arrow.from, [...(next.get(arrow.from) ?? []), arrow.to]);
  const state = new Map<string, "open" | "done">();
  const back = new Set<string>();
  const order: string[] = [];
  const walk = (first: string): void => {
    const waiting: { id: string; at: number }[] = [{ id: first, at: 0 }];
    state.set(first, "open");
    while (waiting.length) {
      const top = waiting.at(-1) as { id: string; at: number };
      const to = next.get(top.id)?.[top.at++];
      if (to === undefined) {
        state.set(top.id, "done");
        order.push(top.id);
        waiting.pop();
      } else if (state.get(to) === "open") back.add(name({ from: top.id, to }));
      else if (!state.has(to)) {
        state.set(to, "open");
        waiting.push({ id: to, at: 0 });
      }
    }
  };
  walk(root);
  const hasIn = new Set(arrows.map((arrow) => arrow.to));
  for (const id of [...ids.filter((one) => !hasIn.has(one)), ...ids]) if (!state.has(id)) walk(id);
  const ranks = new Map<string, number>();
  for (const id of order.reverse()) {
    const here = ranks.get(id) ?? 0;
    ranks.set(id, here);
    for (const to of next.get(id) ?? []) if (!back.has(name({ from: id, to }))) ranks.set(to, Math.max(ranks.get(to) ?? 0, here + 1));
  }
  return { ranks, isBack: (arrow) => back.has(name(arrow)) };
}

/** The step that all ways to each step pass last (Cooper, Harvey, Kennedy); roots, and what only roots share, are their own. */
export function idomOf(root: string, ids: readonly string[], arrows: readonly Arrow[], ranks: ReadonlyMap<string, number>): Map<string, string> {
  const before = new Map<string, string[]>();
  for (const arrow of arrows) before.set(arrow.to, [...(before.get(arrow.to) ?? []), arrow.from]);
  const found = new Map<string, string>();
  const depth = new Map<string, number>();
  const meet = (a: string, b: string): string | null => {
    let [one, other]: [string, string] = [a, b];
    while (one !== other) {
      const up = (depth.get(one) ?? 0) >= (depth.get(other) ?? 0);
      const moving = up ? one : other;
      const above = found.get(moving) as string;
      if (above === moving) return null;
      if (up) one = above;
      else other = above;
    }
    return one;
  };
  for (const id of [...ids].sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))) {
    const sources = id === root ? [] : (before.get(id) ?? []);
    let shared: string | null = sources[0] ?? null;
    for (const source of sources.slice(1)) shared = shared === null ? null : meet(shared, source);
    found.set(id, shared ?? id);
    depth.set(id, shared === null ? 0 : (depth.get(shared) ?? 0) + 1);
  }
  return found;
}
