/** What the small windows of the builder offer: kinds to add at a way, steps to lead it to, places to move a step to. */
import type { Out } from "../../journey/document";
import { behind, type Journey } from "../../journey/document";
import { clipOf } from "../../journey/clipboard";
import { graphOf } from "../../journey/graph";
import { kindOf } from "../../journey/kinds";
import { Kbd } from "../../ui/bits";
import { builder as builderWords } from "../../words/en.builder";
import type { Asked, Choice } from "./Choose";
import { KindIcon } from "./icons";
import { quickKey, shelves } from "./kindOrder";
import { summaryOf } from "./summary";
import { called, where, type Verbs } from "./verbs";

const say = builderWords;

const stepChoice = (journey: Journey, id: string, take: () => void): Choice => {
  const step = journey.steps[id];
  return { key: `step ${id}`, name: called(journey, id), about: step ? summaryOf(step) : "", icon: <KindIcon kind={step?.kind ?? "start"} size={22} />, search: `${id} ${kindOf(step?.kind ?? "")?.label ?? ""} ${step ? summaryOf(step) : ""}`, take };
};

/** What was copied, here or in another journey. */
async function paste(verbs: Verbs, out: Out): Promise<boolean> {
  try {
    return verbs.paste(clipOf(await navigator.clipboard.readText()), out);
  } catch {
    return verbs.tell(say.noClipboard);
  }
}

/** Everything that can be put at a way, or that it can lead to. */
export function addAt(journey: Journey, out: Out, at: Element | null, verbs: Verbs, after: () => void, back: () => void): Asked {
  const take = (work: () => boolean) => () => {
    work();
    after();
  };
  const target = behind(journey, out);
  const others = Object.keys(journey.steps).filter((id) => id !== target && (out === "start" || id !== out.step));
  return {
    title: say.addTitle(where(journey, out)), at, back,
    groups: [
      ...shelves.map((shelf) => ({ name: shelf.name, items: shelf.kinds.map((kind): Choice => ({ key: kind.kind, name: kind.label, about: kind.about, icon: <KindIcon kind={kind.kind} size={22} />, aside: quickKey(kind.kind) ? <Kbd>{quickKey(kind.kind)}</Kbd> : null, search: kind.kind, take: take(() => verbs.add(kind.kind, out)) })) })),
      { items: [{ key: "@paste", name: say.paste, search: "clipboard", take: () => void paste(verbs, out).then((done) => done && after()) }] },
      { name: say.orConnect, items: [
        ...others.map((id) => stepChoice(journey, id, take(() => verbs.connect(out, id) || verbs.connect(out, id, true)))),
        ...(target ? [{ key: "@nowhere", name: say.disconnect, take: take(() => verbs.disconnect(out) || verbs.disconnect(out, true)) }] : []),
      ] },
    ],
  };
}

/** Every way that a step, or a step with its branch, may be moved or copied to. */
export type Taking = "step" | "branch" | "copy";
export function placesFor(journey: Journey, id: string, how: Taking, verbs: Verbs, back: () => void): Asked {
  const copy = how === "copy", branch = how === "branch";
  const legal = verbs.legal({ name: "", kind: "", step: id, copy, branch });
  const outs = graphOf(journey).edges.filter((edge) => legal.has(edge.id));
  return {
    title: copy ? say.copyTitle(called(journey, id)) : say.moveTitle(called(journey, id), branch), at: null, back,
    groups: [{ items: outs.map((edge): Choice => ({ key: edge.id, name: where(journey, edge.from), about: edge.isOpen ? say.openWay : `→ ${called(journey, edge.to)}`, take: () => void (copy ? verbs.copyTo(id, edge.from) : verbs.move(id, edge.from, branch)) })) }],
  };
}

export const findStep = (journey: Journey, go: (id: string) => void, back: () => void): Asked =>
  ({ title: say.find, at: null, back, groups: [{ items: Object.keys(journey.steps).map((id) => stepChoice(journey, id, () => go(id))) }] });
