/** Which journeys the filters of the address leave, and in which order. */
import type { JourneyItem } from "../../api/runs";
import { goalRate, standing } from "../../journey/marks";

type Order = (item: JourneyItem) => number | string;
const ORDERS: Record<string, Order> = {
  name: (item) => item.name.toLowerCase(),
  entered: (item) => -item.last_30d.entered,
  live: (item) => -standing(item.pace),
  goal: (item) => { const rate = goalRate(item.last_30d.ended as Record<string, number>); return rate ? -rate.met / rate.all : 1; },
  trouble: (item) => -(item.pace.stuck * 1000 + item.pace.behind),
};

/** What the filters leave, in the order that was asked for; equal ones by name. */
export function chosen(items: readonly JourneyItem[], asked: { q?: string | undefined; status?: string | undefined; sort?: string | undefined }): JourneyItem[] {
  const wanted = (asked.q ?? "").trim().toLowerCase();
  const order = ORDERS[asked.sort ?? "name"] ?? ORDERS["name"]!;
  const compare = (one: number | string, other: number | string) => (one < other ? -1 : one > other ? 1 : 0);
  return items
    .filter((item) => (!asked.status || item.status === asked.status) && (!wanted || `${item.name} ${item.key} ${item.description}`.toLowerCase().includes(wanted)))
    .toSorted((one, other) => compare(order(one), order(other)) || compare(one.name, other.name));
}
