/** A little Markdown as React text: bold, italic, code, lists, links to http(s). Markup in the text stays text; nothing is ever HTML. */
import type { ReactNode } from "react";

const PARTS = /(\*\*[^*\n]+\*\*|\*[^*\n]+\*|`[^`\n]+`|https?:\/\/[^\s<>"')\]]+)/;

export function inline(text: string): ReactNode[] {
  return text.split(PARTS).map((part, place) => {
    if (place % 2 === 0) return part;
    if (part.startsWith("**")) return <strong key={place}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("*")) return <em key={place}>{part.slice(1, -1)}</em>;
    if (part.startsWith("`")) return <code key={place} className="rounded bg-ground px-1 font-mono">{part.slice(1, -1)}</code>;
    return <a key={place} href={part} target="_blank" rel="noopener noreferrer" className="text-accent underline">{part}</a>;
  });
}

export function Marked({ text }: { text: string }) {
  const blocks = text.split(/\n{2,}/);
  return (
    <div className="space-y-2 break-words">
      {blocks.map((block, place) => {
        const lines = block.split("\n");
        if (lines.every((one) => /^\s*[-*] /.test(one))) return <ul key={place} className="list-disc pl-5">{lines.map((one, at) => <li key={at}>{inline(one.replace(/^\s*[-*] /, ""))}</li>)}</ul>;
        return <p key={place} className="whitespace-pre-line">{inline(block)}</p>;
      })}
    </div>
  );
}
