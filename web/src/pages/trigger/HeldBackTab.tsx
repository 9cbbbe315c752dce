/** Whose signals were kept without acting, so that acting can be compared with not acting. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { heldBack } from "../../api/triggers";
import { moment } from "../../format";
import { Button, Empty, Failure, RiskBadge, Skeleton } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { triggers as triggerWords } from "../../words/en.triggers";
import { words } from "../../words/en";
import type { TabProps } from "../Trigger";

export function HeldBackTab({ document: { key }, body }: TabProps) {
  const query = useInfiniteQuery(heldBack(key));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isHeldOut = Number(body["holdout_share"] ?? 0) > 0;
  return (
    <div className="space-y-3">
      <p className="text-muted">{triggerWords.heldoutHow} {!isHeldOut && triggerWords.says.noHoldout}</p>
      {query.error && !query.data ? <Failure error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton /> : rows.length === 0 ? <Empty>{triggerWords.noHeldout}</Empty> : (
        <Table label={triggerWords.tabs.heldout} rows={rows} keyOf={(one) => one.id} columns={[
          { name: triggerWords.account, cell: (one) => <Link to="/accounts/$id" params={{ id: one.account }} className="inline-block min-h-6 text-accent underline">{one.account_name ?? one.account}</Link> },
          { name: triggerWords.at, cell: (one) => moment(one.fired_at) },
          { name: triggerWords.columns.state, cell: (one) => <RiskBadge level={one.risk_level} /> },
          { name: triggerWords.why, cell: (one) => triggerWords.heldout[one.held_back ?? ""] ?? one.held_back },
        ]} />
      )}
      {query.hasNextPage && <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
    </div>
  );
}
