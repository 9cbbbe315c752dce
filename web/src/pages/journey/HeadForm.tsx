/** The head of a journey: who it is for, how one comes in, when it ends, and its rules. */
import { words } from "../../words/en";
import type { Work } from "./useWork";

export function HeadForm({ work }: { work: Work }) {
  const journey = work.use((one) => one.journey);
  return <p className="p-3">{words.builder.name}: {journey.name}</p>;
}
