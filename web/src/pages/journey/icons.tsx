/** One drawing for each kind of step, 16 by 16, in the colour of the text around it. A kind without one gets a dot. */
import type { ReactNode } from "react";

const DRAWN: Record<string, ReactNode> = {
  start: <path d="M9 1 3 9h4l-1 6 6-8H8z" />,
  message: <><rect x="1.5" y="3" width="13" height="10" rx="1.5" /><path d="m2 4 6 5 6-5" /></>,
  draft: <><path d="M9 2H3.5v12h9V8" /><path d="m7 10 .5-2.5 5-5 2 2-5 5z" /></>,
  task: <><circle cx="6" cy="4.5" r="2.5" /><path d="M1.5 14c0-3 2-5 4.500-5 1 0 2 .3 2.700 .9M9.500 12.500l1.800 1.800L15 10.500" /></>,
  approval: <><path d="M8 1.500 13.500 4v4c0 3.500-2.500 5.500-5.500 6.500C5 13.500 2.500 11.500 2.500 8V4z" /><path d="m5.500 8 2 2 3-3.500" /></>,
  wait: <><circle cx="8" cy="8" r="6.500" /><path d="M8 4v4.500l3 1.500" /></>,
  wait_for: <><path d="M4 1.500h8M4 14.500h8M5 1.500c0 4 6 5 6 13M11 1.500c0 4-6 5-6 13" /></>,
  condition: <><path d="M8 1.500v4M8 5.500 3.500 10v4.500M8 5.500l4.500 4.500v4.500" /><circle cx="8" cy="5.500" r="1.300" /></>,
  split: <><path d="M8 14.500V9L3 3.500M8 9l5-5.500" /><path d="M3 7V3.500h3.500M9.500 3.500H13V7" /></>,
  parallel: <><path d="M8 1.500v3M3.500 14.500V7.500c0-2 1-3 4.500-3s4.500 1 4.500 3v7M8 4.500v10" /></>,
  join: <><path d="M3.500 1.500v5c0 2 1 3 4.500 3s4.500-1 4.500-3v-5M8 9.500v5" /></>,
  for_each_contact: <><circle cx="5.500" cy="5" r="2.200" /><circle cx="11" cy="6" r="1.800" /><path d="M1.500 13.500c0-3 1.500-4.500 4-4.500s4 1.500 4 4.500M10.500 9.500c2.500 0 4 1.200 4 4" /></>,
  sub_journey: <><rect x="1.500" y="1.500" width="13" height="13" rx="2" /><path d="M5 5h3v6h3" /></>,
  webhook: <><path d="M6 5.500a2.500 2.500 0 1 1 3.500 2.300L12 12M8 5.500 5 11M4.500 8.500a2.500 2.500 0 1 0 2 3.500h5" /></>,
  crm_action: <><rect x="1.500" y="5" width="13" height="9" rx="1.500" /><path d="M5.500 5V2.500h5V5M1.500 9h13" /></>,
  marketing_action: <><path d="M2 6.500v3h2.500L11 13V3L4.500 6.500zM13 6c1 1 1 3 0 4" /></>,
  update_trait: <><path d="M8.500 1.500h6v6l-7 7-6-6z" /><circle cx="11.500" cy="4.500" r="1" /></>,
  go_to: <><path d="M2 3v4c0 2 1 3 3 3h8M10 6.500 13.500 10 10 13.500" /></>,
  goal: <><path d="M3.500 14.500v-13M3.500 2.500h9L10 5.500l2.500 3h-9" /></>,
  exit: <><path d="M9.500 2h-7v12h7M6.500 8h8M11.500 5l3 3-3 3" /></>,
};

/** Colours of the palette's groups: ground and drawing; the word stands beside it always. */
const TONES: Record<string, string> = {
  start: "bg-accent-ground text-accent", people: "bg-good-ground text-good", time: "bg-line text-text",
  flow: "bg-watch-ground text-watch", outside: "bg-accent-ground text-accent", end: "bg-bad-ground text-bad",
};
const GROUPS: Record<string, string> = {
  start: "start", message: "people", draft: "people", task: "people", approval: "people", wait: "time", wait_for: "time",
  webhook: "outside", crm_action: "outside", marketing_action: "outside", update_trait: "outside", exit: "end", goal: "people",
};

export function KindIcon({ kind, size = 28 }: { kind: string; size?: number }) {
  return (
    <span aria-hidden className={`grid shrink-0 place-items-center rounded-md ${TONES[GROUPS[kind] ?? "flow"]}`} style={{ width: size, height: size }}>
      <svg width={size * 0.58} height={size * 0.58} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round">
        {DRAWN[kind] ?? <circle cx="8" cy="8" r="3" />}
      </svg>
    </span>
  );
}
