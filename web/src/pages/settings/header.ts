/** The first line of a CSV file, read in the browser, so that its mapping can be shown before anything is sent. */
const FIRST_BYTES = 262_144;

export async function headerOf(file: File): Promise<string[] | null> {
  if (!/\.(csv|tsv|txt)$/i.test(file.name)) return null;
  return splitHeader(await file.slice(0, FIRST_BYTES).text());
}

/** Cells of the first line; the delimiter is the one of , ; tab and | that parts it most often (RFC 4180 quotes are kept whole). */
export function splitHeader(text: string): string[] {
  const source = text.replace(/^\uFEFF/, "");
  const counts = [",", ";", "\t", "|"].map((mark) => [mark, cellsOf(source, mark).length] as const);
  const [mark] = counts.reduce((best, one) => (one[1] > best[1] ? one : best));
  return cellsOf(source, mark).map((cell) => cell.trim());
}

function cellsOf(text: string, mark: string): string[] {
  const cells = [""];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '"' && quoted && text[at + 1] === '"') {
      cells[cells.length - 1] += '"';
      at += 1;
    } else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === mark) cells.push("");
    else if (!quoted && (sign === "\n" || sign === "\r")) break;
    else cells[cells.length - 1] += sign;
  }
  return cells;
}
