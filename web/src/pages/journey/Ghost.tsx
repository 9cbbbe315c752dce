/** What is carried, beside the pointer. */
import { builder as builderWords } from "../../words/en.builder";
import { useDrag } from "./drag";
import { KindIcon } from "./icons";

export function Ghost({ name, kindOf }: { name: (id: string) => string; kindOf: (id: string) => string }) {
  const { carried, x, y, target } = useDrag();
  if (!carried) return null;
  return (
    <div aria-hidden className={`pointer-events-none fixed z-50 flex items-center gap-2 rounded-lg border bg-panel px-2 py-1.5 font-medium shadow-lg ${target ? "border-accent" : "border-line"}`} style={{ left: x + 12, top: y + 12 }}>
      <KindIcon kind={carried.step === undefined ? carried.kind : kindOf(carried.step)} size={22} /> {carried.step === undefined ? carried.name : name(carried.step)}{carried.step !== undefined && (carried.copy || carried.branch) && <span className="text-muted">{carried.copy ? builderWords.copy : builderWords.withBranch}</span>}
    </div>
  );
}
