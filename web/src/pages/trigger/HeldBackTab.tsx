/** Whose signals were kept without acting, so that acting can be compared with not acting. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { heldBack } from "../../api/triggers";
import { moment } from "../../format";
import { Button, Empty, Failure, RiskBadge, Skeleton } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { words } from "../../words/en";
import type { TabProps } from "../Trigger";

export function HeldBackTab({ document: { key }, body }: TabProps) {
  const query = useInfiniteQuery(heldBack(key));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isHeldOut = Number(body["holdout_share"] ?? 0) > 0;
  return (
    <div className="space-y-3">
      <p className="text-muted">{words.triggers.heldoutHow} {!isHeldOut && words.triggers.says.noHoldout}</p>
      {query.error && !query.data ? <Failure error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton /> : rows.length === 0 ? <Empty>{words.triggers.noHeldout}</Empty> : (
        <Table label={words.triggers.tabs.heldout} rows={rows} keyOf={(one) => one.id} columns={[
          { name: words.triggers.account, cell: (one) => <Link to="/accounts/$id" params={{ id: one.account }} className="inline-block min-h-6 text-accent underline">{one.account_name ?? one.account}</Link> },
          { name: words.triggers.at, cell: (one) => moment(one.fired_at) },
          { name: words.triggers.columns.state, cell: (one) => <RiskBadge level={one.risk_level} /> },
          { name: words.triggers.why, cell: (one) => words.triggers.heldout[one.held_back ?? ""] ?? one.held_back },
        ]} />
      )}
      {query.hasNextPage && <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
    </div>
  );
}
