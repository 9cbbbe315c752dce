/** The keys of the builder, in English; fetched with the list that shows them. */
import type { PageKeys } from "../shell/keys";

export const builderKeys: PageKeys = {
  title: "Drawing a journey",
  list: [
    ["↑ ↓ ← →", "Walk the steps; from the top of the page, go to the drawing"], ["⇧ ↑ ↓ ← →", "Choose more steps"], ["Enter", "Edit the step"], ["Esc", "Back to the drawing; choose nothing"], ["1 … 9", "Add a step after the chosen one"],
    ["Tab", "To the ways out of the step; Enter adds a step there or leads the way to another"], ["Alt ↑ ↓", "Move the step up or down its way"], ["Alt ⇧ ← →", "Its branch earlier or later"], ["m  M", "Move the step, or the step with its branch, to…"],
    ["d", "Switch the step off or on"], ["Del", "Remove the step"], ["F2", "Rename"], ["⌘C ⌘X ⌘V", "Copy, cut, paste steps"], ["⌘D", "Duplicate"], ["⌘Z ⇧⌘Z", "Undo, redo"], ["⌘S", "Save"], ["⌘ Enter", "Publish"],
    ["f", "Find a step"], ["p", "Problems"], ["s", "Simulate"], ["o", "Drawing or outline"], ["l  0", "The whole journey in sight"], ["z", "Actual size"],
  ],
};
