/** What follows from a trigger's settings, in sentences. */
import type { Body } from "../../documents/changes";
import { number, share } from "../../format";
import { triggers as triggerWords } from "../../words/en.triggers";

const said = triggerWords.says;
type Action = { kind: string; title?: string; channel?: string; template?: string; to?: string; endpoint?: string };

export function InWords({ body }: { body: Body }) {
  return <ul className="list-disc space-y-1 pl-5">{sentencesOf(body).map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>;
}

export function sentencesOf(body: Body): string[] {
  const [cooldown, holdout] = [Number(body["cooldown_days"] ?? 14), Number(body["holdout_share"] ?? 0)];
  const cap = body["daily_cap_per_csm"];
  const actions = Array.isArray(body["actions"]) ? (body["actions"] as Action[]) : [];
  return [
    said.tier[String(body["tier"])], said.level[String(body["risk_level"])],
    ...(body["advise_only"] === true ? [said.advise] : actions.length ? actions.map(actionSaid) : [said.nothing]),
    cooldown > 0 ? said.cooldown(number(cooldown)) : said.noCooldown,
    ...(body["tier"] === "automated" ? [] : [typeof cap === "number" ? said.cap(number(cap)) : said.noCap]),
    holdout > 0 ? said.holdout(share(holdout)) : said.noHoldout,
    body["existing"] === "ignore" ? said.ignore : said.fire,
  ].filter((one): one is string => one !== undefined);
}

function actionSaid(action: Action): string {
  if (action.kind === "task") return said.task(action.title ?? "");
  if (action.kind === "message") return said.message(triggerWords.channels[action.channel ?? ""] ?? action.channel ?? "", action.template ?? "", triggerWords.people[action.to ?? ""] ?? action.to ?? "");
  return said.webhook(action.endpoint ?? "");
}
