/** The figures of a backtest, beside those of the live version where there is one to compare with. */
import type { Report } from "../../api/triggers";
import { number, share } from "../../format";
import { Table, type TableColumn } from "../../ui/Table";
import { triggers as triggerWords } from "../../words/en.triggers";
import { words } from "../../words/en";

type Figure = { key: keyof typeof triggerWords.figures; of: (report: Report) => number | null; say: (value: number) => string; sayChange?: (value: number) => string };
const named = triggerWords.figures;
const points = (value: number): string => triggerWords.points(number(value * 100));
const FIGURES: Figure[] = [
  { key: "firings", of: (one) => one.firings, say: number },
  { key: "accounts", of: (one) => one.accounts, say: number },
  { key: "precision", of: (one) => one.precision, say: share, sayChange: points },
  { key: "recall", of: (one) => one.recall, say: share, sayChange: points },
  { key: "lead", of: (one) => one.lead_time_days.p50, say: (value) => triggerWords.leadDaysShort(number(value)) },
  { key: "outcomes", of: (one) => one.outcomes, say: number },
  { key: "undecided", of: (one) => one.undecided, say: number },
  { key: "held", of: (one) => one.held_back, say: number },
];

export function Figures({ mine, live, name }: { mine: Report; live: Report | null; name: string }) {
  const said = (figure: Figure, report: Report) => { const value = figure.of(report); return value === null ? words.insights.notKnown : figure.say(value); };
  const differs = (figure: Figure) => {
    const [now, would] = [live && figure.of(live), figure.of(mine)];
    if (now === null || would === null) return "–";
    const change = would - now;
    return change === 0 ? "± 0" : `${change > 0 ? "+" : "−"}${(figure.sayChange ?? figure.say)(Math.abs(change))}`;
  };
  const columns: TableColumn<Figure>[] = [
    { name: triggerWords.figure, cell: (one) => named[one.key] },
    { name, right: true, cell: (one) => <b className="font-semibold">{said(one, mine)}</b> },
    ...(live ? [{ name: triggerWords.liveOne, right: true, cell: (one: Figure) => said(one, live) }, { name: triggerWords.difference, right: true, cell: differs }] : []),
  ];
  return <Table label={triggerWords.tabs.backtest} columns={columns} rows={FIGURES} keyOf={(one) => one.key} minWidth={live ? "30rem" : "18rem"} />;
}
