/**
 * A condition to be edited: as rows of field, comparison and value in and/or/not groups, or as text; each turns into the other.
 * value: the server's condition document, or its words (a text is read by the server first); null: nothing yet.
 * onChange gets the document. kind: who asks (a scorecard may not ask for health); subject: what the condition is for, in words.
 * error: the server's last refusal of the document around it; its place leads to the row.
 */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { parsed, vocabulary } from "../api/conditions";
import { Button, Failure, Loaded } from "../ui/bits";
import { conditions as conditionWords } from "../words/en.conditions";
import { words } from "../words/en";
import { knownOf } from "./fields";
import { addTo, holesOf, isGroup, isNot, type Condition, type Place } from "./model";
import { Adding, faultAt, PartOf, placeText, type Editing } from "./Rows";
import { TextForm } from "./TextForm";

export type ConditionEditorProps = {
  value: Condition | string | null;
  onChange: (value: Condition | null) => void;
  kind: "trigger" | "segment" | "journey" | "scorecard";
  subject?: string;
  readOnly?: boolean;
  error?: { place?: string | null; problem: string } | null;
};

export function ConditionEditor({ value, ...rest }: ConditionEditorProps) {
  const text = typeof value === "string" ? value : "";
  const read = useQuery({ queryKey: ["segments", "parsed", text], queryFn: ({ signal }) => parsed(text, signal), enabled: text !== "", staleTime: Infinity });
  if (text && read.error) return <div className="space-y-2"><Failure error={read.error} /><code className="block">{text}</code></div>;
  if (text) return <Loaded query={read}>{(condition) => <Editor value={condition} {...rest} />}</Loaded>;
  return <Editor value={typeof value === "string" ? null : value} {...rest} />;
}

function Editor({ value, onChange, kind, subject = conditionWords.title, readOnly = false, error = null }: Omit<ConditionEditorProps, "value"> & { value: Condition | null }) {
  const query = useQuery(vocabulary);
  const [asText, setAsText] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const [focus, setFocus] = useState<Place | null>(null);
  useEffect(() => {
    if (focus === null) return;
    box.current?.querySelector<HTMLElement>(`[data-place="${placeText(focus)}"], [data-place^="${placeText(focus)}."]`)?.focus();
    setFocus(null);
  }, [focus]);
  const edit: Editing["edit"] = ({ root, place }) => {
    onChange(root);
    if (place.length > 0 || root === null) setFocus(place);
  };
  return (
    <div ref={box} role="group" aria-label={subject} className="space-y-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <div role="group" aria-label={conditionWords.form} className="inline-flex rounded-md border border-strong-line p-0.5">
          {[false, true].map((one) => <Button key={String(one)} kind="quiet" aria-pressed={asText === one} className={asText === one ? "bg-accent-ground !text-accent" : ""} onClick={() => setAsText(one)}>{one ? conditionWords.asText : conditionWords.asRows}</Button>)}
        </div>
        {!asText && !readOnly && <span className="text-xs text-muted max-md:hidden">{conditionWords.keysHint}</span>}
      </div>
      {asText ? <TextForm value={value} onChange={onChange} disabled={readOnly} label={subject} />
        : <Loaded query={query}>{(told) => <Rows value={value} told={told} edit={edit} kind={kind} readOnly={readOnly} error={error} />}</Loaded>}
    </div>
  );
}

type RowsProps = { value: Condition | null; told: Parameters<typeof knownOf>[0]; edit: Editing["edit"]; kind: string; readOnly: boolean; error: ConditionEditorProps["error"] };

function Rows({ value, told, edit, kind, readOnly, error }: RowsProps) {
  const known = useMemo(() => knownOf(told), [told]);
  const add = (leaf: Condition) => edit(addTo(value, [], leaf));
  if (value === null) return readOnly ? <p className="text-muted">{words.none}</p> : <Adding place={[]} add={add} known={known} kind={kind} grouped={false} />;
  const holes = holesOf(value).map(({ place, what }) => ({ place, problem: conditionWords.holes[what] }));
  const faults = holes.length === 0 && error ? [faultAt(value, error.place, error.problem)] : holes;
  const lone = !isGroup(value) && !(isNot(value) && isGroup(value.not));
  return (
    <div className="space-y-2">
      <PartOf root={value} part={value} place={[]} edit={edit} known={known} kind={kind} disabled={readOnly} faults={faults} />
      {lone && !readOnly && <Adding place={[]} add={add} known={known} kind={kind} />}
    </div>
  );
}
