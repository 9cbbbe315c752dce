/** Views of the list: those that come with the product, one's own, and those that colleagues share. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { api, body, once, Problem } from "../../api/client";
import { views, type View } from "../../api/desk";
import { may, useSession } from "../../session";
import { Button } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { searchOf, type AccountsSearch } from "./question";

const t = deskWords.view;
type Shipped = keyof typeof words.accounts.views;
const SOON_DAYS = 90;

const shipped = (): Record<Shipped, AccountsSearch> => ({
  all: {}, risk: { band: ["red"] }, watch: { band: ["yellow"] }, renewing: { renews_before: new Date(Date.now() + SOON_DAYS * 86_400_000).toISOString().slice(0, 10), include_churned: false, sort: "renews_on" },
  ready: { readiness_min: 60, sort: "-readiness" }, mine: { owner: "me" },
});

/** What a view keeps of an address: everything but which view it is and which group is open. */
function kept(search: AccountsSearch): Schemas {
  const { view: _view, open: _open, cols, ...rest } = search;
  return { search: Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as NonNullable<Schemas["search"]>, columns: cols ?? null };
}
type Schemas = View["body"];
const shown = (view: View): AccountsSearch => ({ ...searchOf(view.body.search ?? {}), ...(view.body.columns ? { cols: view.body.columns } : {}), view: String(view.id) });

export function ViewBar({ search, go }: { search: AccountsSearch; go: (search: AccountsSearch) => void }) {
  const query = useQuery(views);
  const member = useSession((own) => own.session?.member ?? null);
  const [saving, setSaving] = useState(false);
  const client = useQueryClient();
  const items = query.data?.items ?? [];
  const current = items.find((one) => String(one.id) === search.view);
  const at = current ? null : (Object.keys(words.accounts.views) as Shipped[]).find((one) => one === search.view) ?? (search.view === undefined ? "all" : null);
  const changed = current !== undefined && JSON.stringify(kept(shown(current))) !== JSON.stringify(kept(search));
  const refresh = (): void => void client.invalidateQueries({ queryKey: ["views"] });
  async function update(view: View): Promise<void> {
    try {
      await api.PUT("/api/views/{view_id}", { params: { path: { view_id: view.id }, header: { "If-Match": `"${view.revision}"` } }, body: { page: "accounts", name: view.name, is_shared: view.is_shared, body: kept(search) } });
      toast(t.kept);
    } catch (error) {
      toast.error(error instanceof Problem && error.status === 412 ? t.changed : error instanceof Error ? error.message : String(error));
    }
    refresh();
  }
  async function remove(view: View): Promise<void> {
    try {
      await api.DELETE("/api/views/{view_id}", { params: { path: { view_id: view.id } } });
      go({});
      const again = (): void => void body(api.POST("/api/views", { params: { header: once() }, body: { page: "accounts", name: view.name, is_shared: view.is_shared, body: view.body } })).then(refresh);
      toast(t.removed, { action: { label: words.undo, onClick: again } });
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    }
    refresh();
  }
  return (
    <div className="relative flex items-center gap-1 overflow-x-auto" role="group" aria-label={t.saved}>
      {(Object.keys(words.accounts.views) as Shipped[]).filter((one) => one !== "mine" || member).map((one) => (
        <Button key={one} kind="quiet" aria-pressed={one === at} className={`whitespace-nowrap ${one === at ? "bg-accent-ground !text-accent" : ""}`} onClick={() => go({ ...shipped()[one], ...(one === "all" ? {} : { view: one }) })}>{words.accounts.views[one]}</Button>
      ))}
      {items.map((one) => (
        <Button key={one.id} kind="quiet" aria-pressed={one === current} title={one.is_mine ? t.mine : t.shared(one.owner_name ?? "")} className={`whitespace-nowrap ${one === current ? "bg-accent-ground !text-accent" : ""}`} onClick={() => go(shown(one))}>{one.name}{one.is_shared && <span className="sr-only"> ({t.shared(one.owner_name ?? "")})</span>}{changed && one === current && " •"}</Button>
      ))}
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild><Button kind="quiet" className="whitespace-nowrap">{t.save} ▾</Button></DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="start" className="z-30 rounded-md border border-line bg-panel p-1 shadow-lg">
            <Item choose={() => setSaving(true)}>{t.save}…</Item>
            {current?.is_mine && changed && <Item choose={() => void update(current)}>{t.update} “{current.name}”</Item>}
            {current?.is_mine && <Item choose={() => void remove(current)}>{t.remove} “{current.name}”</Item>}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {saving && <Save search={search} close={() => setSaving(false)} done={(view) => { refresh(); go(shown(view)); }} />}
    </div>
  );
}

const Item = ({ choose, children }: { choose: () => void; children: React.ReactNode }) => (
  <DropdownMenu.Item onSelect={() => window.setTimeout(choose)} className="flex min-h-7 cursor-pointer items-center rounded px-2 data-highlighted:bg-accent-ground">{children}</DropdownMenu.Item>
);

function Save({ search, close, done }: { search: AccountsSearch; close: () => void; done: (view: View) => void }) {
  const member = useSession((own) => own.session?.member ?? null);
  const mayShare = may("accounts:write");
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(member === null);
  const [fault, setFault] = useState<string | null>(null);
  async function keep(): Promise<void> {
    try {
      const view = await body(api.POST("/api/views", { params: { header: once() }, body: { page: "accounts", name: name.trim(), is_shared: isShared, body: kept(search) } }));
      toast(t.kept);
      close();
      done(view);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  }
  return (
    <Modal open setOpen={close} title={t.save}>
      <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); void keep(); }}>
        <Field label={t.name}><input autoFocus required maxLength={80} value={name} onChange={(event) => setName(event.target.value)} /></Field>
        <label className="flex min-h-7 items-center gap-2" title={mayShare ? undefined : t.shareNeeds}><input type="checkbox" checked={isShared} disabled={!mayShare} onChange={(event) => setShared(event.target.checked)} />{t.share}</label>
        {!mayShare && <p className="text-muted">{t.shareNeeds}</p>}
        {fault && <p role="alert" className="text-bad">{fault}</p>}
        <div className="flex justify-end gap-2"><Button onClick={close}>{words.cancel}</Button><Button kind="primary" type="submit" disabled={!name.trim()}>{t.keep}</Button></div>
      </form>
    </Modal>
  );
}
