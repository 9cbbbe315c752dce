/** After signing in with a password that opens several workspaces: where to. */
import { switchTo, useSession } from "../session";
import { words } from "../words/en";

const said = words.frame.switcher;

export function WhereTo({ done }: { done: () => void }) {
  const session = useSession((own) => own.session);
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm space-y-3 rounded-lg border border-line bg-panel p-6">
        <h1 className="text-lg font-semibold">{said.choose}</h1>
        <p className="text-muted">{said.chooseHow}</p>
        <ul className="space-y-2">{session?.workspaces.map((one, place) => (
          <li key={one.id}><button type="button" autoFocus={place === 0} className="w-full rounded-md border border-strong-line px-3 py-2 text-left font-medium hover:bg-accent-ground" onClick={() => (one.id === session.workspace_id ? done() : void switchTo(one.id))}>{one.name} <span className="text-muted">{one.slug}</span></button></li>
        ))}</ul>
      </div>
    </main>
  );
}
