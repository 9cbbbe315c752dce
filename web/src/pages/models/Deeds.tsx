/** What may be done with a version: promote, approve, shadow, retire, roll back, each after a question that says what it does. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { act, rollBack, type Deed, type ModelCard, type Purpose } from "../../api/models";
import { may } from "../../session";
import { Ask } from "../../ui/Ask";
import { Button } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { words as common } from "../../words/en";
import { models as words } from "../../words/en.models";
import { useWho } from "./History";

type Asked = Deed | "rollBack";

export function Deeds({ card, isPossible, hasLive }: { card: ModelCard; isPossible: boolean; hasLive: boolean }) {
  const client = useQueryClient();
  const who = useWho();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [reason, setReason] = useState("");
  const allowed = may("models:publish");
  const version = `${words.purpose[card.purpose] ?? card.purpose} ${words.version(card.version)}`;
  const run = useMutation({
    mutationFn: async (deed: Asked): Promise<string> => {
      if (deed === "rollBack") {
        const { live } = await rollBack(card.purpose as Purpose, reason.trim() || null);
        return words.done.rollBack(live && words.version(live.version));
      }
      const made = await act(deed, card.id, reason.trim() || null);
      return deed === "promote" && made.status !== "live" ? words.done.asked : words.done[deed];
    },
    onSuccess: (told) => toast.success(told),
    onError: (error) => toast.error(error.message),
    onSettled: () => { setAsked(null); setReason(""); void client.invalidateQueries({ queryKey: ["models"] }); },
  });
  const waits = card.asked_by !== null && card.status !== "live" && card.approval !== null && card.approved_by === null;
  const why = (blocked: string | null): string | undefined => (allowed ? (blocked ?? undefined) : common.forbidden("models:publish"));
  const button = (deed: Asked, name: string, blocked: string | null, kind: "primary" | "plain" | "quiet" = "plain") => (
    <Button kind={kind} disabled={!allowed || blocked !== null || run.isPending} title={why(blocked)} onClick={() => setAsked(deed)}>{name}</Button>
  );
  const questions: Record<Asked, [string, string, string]> = {
    promote: [words.promoteAsk(version), card.approval ? words.promoteApproval(card.approval) : words.promoteHow, words.promote],
    approve: [words.approveAsk(version), words.approveHow(who(card.asked_by)), words.approve],
    shadow: [words.shadowAsk(version), words.shadowHow, words.shadow],
    retire: [words.retireAsk(version), words.retireHow, words.retire],
    rollBack: [words.rollBackAsk, words.rollBackHow, words.rollBack],
  };
  const [title, how, go] = asked ? questions[asked] : ["", "", ""];
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap gap-2">
        {waits ? button("approve", words.approve, null, "primary") : button("promote", words.promote, card.status === "live" ? words.alreadyLive : isPossible ? null : words.notPromotable, "primary")}
        {card.purpose !== "trajectory" && card.purpose !== "signature" && button("shadow", words.shadow, card.status === "draft" && isPossible ? null : words.onlyDraft)}
        {button("rollBack", words.rollBack, hasLive ? null : words.nothingLive)}
        {button("retire", words.retire, card.status === "retired" ? words.status["retired"] ?? "" : null)}
      </div>
      {!allowed && <p className="text-muted">{common.forbidden("models:publish")}</p>}
      {waits && <p className="text-watch">{words.waits(who(card.asked_by), card.approval ?? "")}</p>}
      <Ask open={asked !== null} setOpen={(open) => !open && setAsked(null)} title={title} go={go} busy={run.isPending} confirm={() => asked && run.mutate(asked)}><p>{how}</p>{asked !== "shadow" && <Field label={words.reason} hint={words.reasonHint}><textarea rows={2} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} /></Field>}</Ask>
    </div>
  );
}
