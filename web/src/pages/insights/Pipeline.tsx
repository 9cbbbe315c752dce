/** Revenue that comes up for renewal in twelve months by band, what of it is expected to be lost, and who is ready to grow. */
import { useQuery } from "@tanstack/react-query";

import { pipeline } from "../../api/insights";
import type { Schemas } from "../../api/client";
import { money, number } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { Figure, Key } from "../../ui/plot/Figure";
import { Stacks } from "../../ui/plot/Stacks";
import { words as common } from "../../words/en";
import { insights as words } from "../../words/en.insights";
import { download, tableCsv } from "./csv";

type Month = Schemas["MonthShape"];
const BANDS: readonly [string, string, string][] = [["red", common.band.red, "var(--bad)"], ["yellow", common.band.yellow, "var(--watch)"], ["green", common.band.green, "var(--good)"], ["none", words.pipeline.noBand, "var(--strong-line)"]];
const monthName = (first: string, long = false): string => new Date(`${first}T00:00:00Z`).toLocaleDateString(undefined, { month: "short", year: long ? "numeric" : "2-digit", timeZone: "UTC" });
const sum = (cells: Month["cells"], of: (cell: Month["cells"][number]) => number): number => cells.reduce((all, cell) => all + of(cell), 0);

export function Pipeline() {
  const query = useQuery(pipeline);
  return <Loaded query={query} lines={8}>{(found) => <Whole found={found} />}</Loaded>;
}

function Whole({ found }: { found: Schemas["PipelineShape"] }) {
  const say = (value: number): string => money(value, found.currency);
  const { months } = found;
  const all = months.flatMap((one) => one.cells);
  const band = (month: Month, key: string) => month.cells.find((cell) => cell.band === key);
  const any = sum(all, (cell) => cell.accounts) > 0;
  const legend = BANDS.map(([key, name, colour]) => <Key key={key} colour={colour}>{name}</Key>);
  const columns = (of: (cell: Month["cells"][number]) => number, more: { name: string; of: (cell: Month["cells"][number]) => number; say: (value: number) => string }[]) => [
    { name: words.pipeline.month, cell: (month: Month) => monthName(month.first, true) },
    ...BANDS.map(([key, name]) => ({ name, right: true, cell: (month: Month) => { const cell = band(month, key); return cell ? say(of(cell)) : "–"; } })),
    ...more.map((one) => ({ name: one.name, right: true, cell: (month: Month) => one.say(sum(month.cells, one.of)) })),
  ];
  const stacks = (of: (cell: Month["cells"][number]) => number) => months.map((month) => ({ key: month.first, text: monthName(month.first), parts: BANDS.map(([key, , colour]) => ({ key, colour, value: (() => { const cell = band(month, key); return cell ? of(cell) : 0; })() })) }));
  const save = (): void => download("renewals.csv", tableCsv(["month", "band", "accounts", "arr", "expected_lost", "ready", "ready_arr"], months.flatMap((month) => month.cells.map((cell) => [month.first, cell.band, cell.accounts, cell.arr, cell.at_risk, cell.ready, cell.ready_arr]))));
  return (
    <div className="space-y-4">
      <Panel title={words.pipeline.renewals} aside={<Button kind="quiet" onClick={save}>{words.export}</Button>}>
        <p className="mb-2 text-lg font-semibold">{words.pipeline.total(say(sum(all, (cell) => cell.arr)), say(sum(all, (cell) => cell.at_risk)))}</p>
        <Figure label={words.pipeline.renewals} height={240} rows={any ? months : []} keyOf={(month) => month.first} empty={words.pipeline.none} legend={legend}
          columns={columns((cell) => cell.arr, [{ name: words.pipeline.accounts, of: (cell) => cell.accounts, say: number }, { name: words.pipeline.atRisk, of: (cell) => cell.at_risk, say }])}>
          {(size) => <Stacks size={size} stacks={stacks((cell) => cell.arr)} sayY={say} />}
        </Figure>
        <p className="text-xs text-muted">{[sum(found.undated, (cell) => cell.accounts) > 0 && words.pipeline.undated(sum(found.undated, (cell) => cell.accounts), say(sum(found.undated, (cell) => cell.arr))), found.left_out > 0 && words.pipeline.leftOut(found.left_out)].filter(Boolean).join(" · ")}</p>
      </Panel>
      <Panel title={words.pipeline.growth}>
        {sum(all, (cell) => cell.ready) === 0 ? <Empty>{words.pipeline.noGrowth}</Empty> : (
          <Figure label={words.pipeline.growth} height={200} rows={months} keyOf={(month) => month.first} legend={legend} columns={columns((cell) => cell.ready_arr, [{ name: words.pipeline.accounts, of: (cell) => cell.ready, say: number }])}>
            {(size) => <Stacks size={size} stacks={stacks((cell) => cell.ready_arr)} sayY={say} />}
          </Figure>
        )}
      </Panel>
    </div>
  );
}
