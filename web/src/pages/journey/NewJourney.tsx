/** A new journey: an empty page, a playbook that ships, or a copy of one that is there. The key comes from the name. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, body } from "../../api/client";
import { saveJourney } from "../../api/journeyDocument";
import { journeys } from "../../api/queries";
import { journeyOf, type Journey } from "../../journey/document";
import { newJourney } from "../../journey/edit";
import { useSession } from "../../session";
import { Button, Failure } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { builder as builderWords } from "../../words/en.builder";
import { words } from "../../words/en";

const say = builderWords.fresh;
const playbooks = queryOptions({ queryKey: ["journeys", "playbooks"], queryFn: () => body(api.GET("/api/playbooks")), staleTime: Infinity });

/** 'Onboarding of small customers' -> 'onboarding-of-small-customers'. */
export const keyOf = (name: string): string => name.normalize("NFKD").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 80);

export function NewJourney({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  return <Modal open={open} setOpen={setOpen} title={say.title}>{open && <Form done={() => setOpen(false)} />}</Modal>;
}

function Form({ done }: { done: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const shipped = useQuery(playbooks);
  const mine = useQuery(journeys);
  const me = useSession((own) => own.session?.member?.email);
  const [name, setName] = useState("");
  const [typed, setTyped] = useState<string | null>(null);
  const [from, setFrom] = useState("empty");
  const key = typed ?? keyOf(name);
  const isTaken = mine.data?.items.some((one) => one.key === key) ?? false;
  const isShaped = /^[a-z0-9][a-z0-9_-]*$/.test(key);
  const begun = (): Journey => {
    const owner = me === undefined ? {} : { owner: me };
    const playbook = shipped.data?.items.find((one) => from === `playbook ${one.key}`);
    const other = mine.data?.items.find((one) => from === `journey ${one.key}`);
    const kept = playbook ? playbook.document : ((other?.draft ?? other?.live)?.body as { document?: unknown } | undefined)?.document;
    return kept === undefined ? { ...newJourney(key, name), ...owner, consent: "success" } : { ...journeyOf(kept), key, name, ...owner };
  };
  const make = useMutation({
    mutationFn: () => saveJourney(begun(), null),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["journeys"] });
      done();
      void navigate({ to: "/journeys/$key", params: { key }, search: {} });
    },
  });
  return (
    <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); if (name && isShaped && !isTaken) make.mutate(); }}>
      <Field label={say.name} hint={say.nameHint}><input autoFocus required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} /></Field>
      <Field label={say.key} hint={isTaken ? say.taken : key && !isShaped ? say.keyShape : builderWords.keyHint}><input required value={key} aria-invalid={isTaken || (key !== "" && !isShaped)} maxLength={100} onChange={(event) => setTyped(event.target.value)} /></Field>
      <Field label={say.from} hint={say.whatNext}>
        <select className={CONTROL} value={from} onChange={(event) => setFrom(event.target.value)}>
          <option value="empty">{say.empty}</option>
          <optgroup label={say.playbooks}>{shipped.data?.items.map((one) => <option key={one.key} value={`playbook ${one.key}`}>{one.name}</option>)}</optgroup>
          <optgroup label={say.mine}>{mine.data?.items.map((one) => <option key={one.key} value={`journey ${one.key}`}>{one.name}</option>)}</optgroup>
        </select>
      </Field>
      {make.error && <Failure error={make.error} />}
      <div className="flex justify-end gap-2"><Button onClick={done}>{words.cancel}</Button><Button kind="primary" type="submit" disabled={!name || !isShaped || isTaken || make.isPending}>{say.make}</Button></div>
    </form>
  );
}
