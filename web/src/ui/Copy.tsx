/** A text to take along: shown, and copied by one click. */
import { toast } from "./toast";

import { words } from "../words/en";
import { Button } from "./bits";

export function CopyButton({ text, label = words.copy, kind = "plain" }: { text: string; label?: string; kind?: "plain" | "quiet" | "primary" }) {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      toast.success(words.copied);
    } catch {
      toast.error(words.frame.copyByHand);
    }
  };
  return <Button kind={kind} onClick={() => void copy()}>{label}</Button>;
}

export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div className="relative">
      <pre tabIndex={0} role="region" aria-label={label} className="overflow-x-auto rounded-md border border-line bg-ground p-3 pr-20 font-mono text-xs whitespace-pre">{text}</pre>
      <div className="absolute top-2 right-2"><CopyButton text={text} /></div>
    </div>
  );
}

/** A secret that is shown this once. */
export function Secret({ secret, hint }: { secret: string; hint: string }) {
  return (
    <div role="status" className="space-y-2 rounded-md border border-good bg-good-ground p-3">
      <p className="font-medium text-good">{hint}</p>
      <div className="flex flex-wrap items-center gap-2"><code className="min-w-0 rounded bg-panel px-2 py-1 break-all">{secret}</code><CopyButton text={secret} /></div>
    </div>
  );
}
