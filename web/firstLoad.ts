/**
 * What the first load of a page waits for, told by the page itself: styles stand in it, and the files of the page that its
 * address names are asked for at once, not when the frame has run. Beside each file lie its compressed copies.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import type { Plugin, Rolldown } from "vite";

type Bundle = Rolldown.OutputBundle;
/** By the first part of an address, what it shows; with a second part it is the other page. */
const PAGES: Record<string, readonly [string, string?]> = {
  "": ["Today"], inbox: ["Inbox"], accounts: ["Accounts", "Account"], journeys: ["Journeys", "Journey"], triggers: ["Triggers", "Trigger"],
  segments: ["Segments", "Segment"], insights: ["Insights"], health: ["Health", "Scorecard"], models: ["Models"], messages: ["Messages", "Template"],
  settings: ["Settings"], audit: ["Audit"], setup: ["Setup"], runs: ["Run", "Run"],
};
const MAP = "/*pages*/ {}";

/** Puts the styles of the frame into the page, and the files of each page into the script at its head. */
export function firstLoad(): Plugin {
  return {
    name: "first-load",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["index.html"];
      if (page?.type !== "asset") throw new Error("index.html is not in the bundle");
      page.source = withStyles(String(page.source), bundle).replace(MAP, () => JSON.stringify(filesOfPages(bundle)));
    },
    writeBundle({ dir }, bundle) {
      forgetStyles(dir as string, bundle); // written by the bundler after its own last look
    },
  };
}

function withStyles(html: string, bundle: Bundle): string {
  return html.replace(/<link rel="stylesheet"[^>]* href="\/([^"]+)">/, (_link, name: string) => {
    const style = bundle[name];
    if (style?.type !== "asset") throw new Error(`${name} is not in the bundle`);
    delete bundle[name];
    return `<style>${String(style.source)}</style>`;
  });
}

/** Pages name the styles of the frame among what they need first; they find the frame itself in their place, which is there. */
function forgetStyles(dir: string, bundle: Bundle): void {
  const frame = Object.keys(bundle).find((name) => /\/frame-[^/]+\.js$/.test(name)) ?? "";
  for (const name of Object.keys(bundle).filter((one) => one.endsWith(".js"))) {
    const path = join(dir, name), code = readFileSync(path, "utf8");
    const mended = code.replaceAll(/assets\/frame-[\w-]+\.css/g, () => frame);
    if (mended !== code) writeFileSync(path, mended);
  }
}

/** [files of the list, files of one] by the first part of the address. */
function filesOfPages(bundle: Bundle): Record<string, string[][]> {
  const chunks = Object.values(bundle).filter((one): one is Rolldown.OutputChunk => one.type === "chunk");
  const entry = chunks.find((one) => one.isEntry) as Rolldown.OutputChunk;
  const frame = closure(entry, bundle);
  const files = (page: string): string[] => {
    const chunk = chunks.find((one) => one.isDynamicEntry && one.facadeModuleId?.endsWith(`/src/pages/${page}.tsx`));
    if (!chunk) throw new Error(`no file holds the page ${page}`);
    const found = [...closure(chunk, bundle)].filter((one) => !frame.has(one));
    const styles = found.flatMap((one) => [...(bundle[one] as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? []]);
    return [...found, ...styles];
  };
  return Object.fromEntries(Object.entries(PAGES).map(([part, pages]) => [part, pages.map((page) => files(page as string))]));
}

function closure(chunk: Rolldown.OutputChunk, bundle: Bundle, found = new Set<string>()): Set<string> {
  if (found.has(chunk.fileName)) return found;
  found.add(chunk.fileName);
  for (const name of chunk.imports) closure(bundle[name] as Rolldown.OutputChunk, bundle, found);
  return found;
}

const PACKED = /\.(js|css|html|svg)$/;

/** Beside each file a copy for browsers that read gzip and one for those that read brotli. */
export function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    enforce: "post",
    writeBundle({ dir }) {
      for (const path of readdirSync(dir as string, { recursive: true, encoding: "utf8" }).map((name) => join(dir as string, name))) {
        if (!PACKED.test(path) || !statSync(path).isFile()) continue;
        const plain = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }));
      }
    },
  };
}
