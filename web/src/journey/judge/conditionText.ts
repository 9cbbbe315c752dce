/** Conditions in words, read as the server reads them: `health.score < 60 and no event 'Login' in 14 days`. */
import type { Fields, Json } from "../../forms/schema";
import { quoted } from "./said";

const TOKEN = /\s*(?:(?<quoted>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|(?<column>`[^`]+`|[a-z_]+(?:\.[A-Za-z0-9_]+)+)|(?<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?<word>[A-Za-z_][A-Za-z0-9_-]*)|(?<sign><=|>=|!=|[<>=()[\],]))/ys;
const COMPARISONS: Record<string, string> = { "<": "below", "<=": "at_most", ">": "above", ">=": "at_least", "=": "equal", "!=": "not_equal", in: "in", "not in": "not_in" };
const LONGEST = 20_000, DEEPEST = 36;
type Token = { kind: string; text: string; at: number };

/** Why a text is no condition. */
export class Unreadable extends Error {}
const fault = (at: number, said: string) => new Unreadable(`character ${at + 1}: ${said}`);

/** The document of a text. Throws Unreadable. */
export function conditionOf(text: string): Fields {
  if (text.length > LONGEST) throw new Unreadable(`text: longer than ${LONGEST} characters`);
  const reader = new Reader(tokens(text));
  const document = reader.anyOf(0);
  if (reader.now.kind !== "end") reader.refuse("'and', 'or' or the end");
  return document;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (text.slice(at).trim()) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const [kind, said] = Object.entries(match?.groups ?? {}).find(([, part]) => part !== undefined) ?? [];
    if (!match || !kind || said === undefined) {
      const rest = text.slice(at).trimStart();
      throw fault(text.length - rest.length, `cannot read ${quoted(rest.slice(0, 20))}`);
    }
    at = TOKEN.lastIndex;
    found.push({ kind, text: said, at: at - said.length });
  }
  return [...found, { kind: "end", text: "", at: text.length }];
}

class Reader {
  private at = 0;
  constructor(private readonly tokens: Token[]) {}

  get now(): Token { return this.tokens[this.at]!; }
  anyOf(depth: number): Fields { return this.list("or", "any", () => this.allOf(depth)); }
  private allOf(depth: number): Fields { return this.list("and", "all", () => this.one(depth)); }

  private one(depth: number): Fields {
    if (depth > DEEPEST) throw fault(this.now.at, "nested deeper than 12 levels");
    if (this.take("word", "not")) return { not: this.one(depth + 1) };
    if (this.take("sign", "(")) return this.closed(this.anyOf(depth + 1));
    for (const word of ["all", "any"]) {
      if (this.take("word", word)) {
        this.need("sign", "(");
        return { [word]: [this.closed(this.anyOf(depth + 1))] };
      }
    }
    return this.now.kind === "column" ? this.comparison() : this.words();
  }

  refuse(expected: string): never {
    throw fault(this.now.at, `expected ${expected}, found ${this.now.text ? `'${this.now.text}'` : "the end"}`);
  }

  private list(word: string, form: string, read: () => Fields): Fields {
    const parts = [read()];
    while (this.take("word", word)) parts.push(read());
    return parts.length === 1 ? parts[0]! : { [form]: parts };
  }

  private closed(document: Fields): Fields {
    this.need("sign", ")");
    return document;
  }

  private words(): Fields {
    if (this.take("word", "event")) {
      const event = this.quoted();
      const at_least = this.takeAll("at", "least") ? this.whole() : 1;
      return { event, at_least, within_days: this.window() };
    }
    if (this.takeAll("no", "event")) return { no_event: this.quoted(), within_days: this.window() };
    if (this.take("word", "sequence")) {
      const sequence = [this.quoted()];
      while (this.take("word", "then")) sequence.push(this.quoted());
      return { sequence, within_days: this.window() };
    }
    if (this.takeAll("in", "segment")) return { segment: this.now.kind === "quoted" ? this.quoted() : this.any("word", "a segment's key") };
    return this.refuse("a column, 'event', 'no event', 'sequence', 'in segment', 'not' or '('");
  }

  private comparison(): Fields {
    const column = this.any("column", "a column").replaceAll(/^`+|`+$/g, "");
    if (this.take("word", "is")) return { column, is: this.any("word", "'missing' or 'present'") };
    if (this.take("word", "between")) {
      const low = this.value();
      this.need("word", "and");
      return { column, is: "between", value: [low, this.value()] };
    }
    const sign = this.takeAll("not", "in") ? "not in" : this.now.text;
    if (!Object.hasOwn(COMPARISONS, sign)) this.refuse("a comparison such as '<', '>=', '=', 'in', 'between' or 'is missing'");
    if (sign !== "not in") this.at++;
    return { column, is: COMPARISONS[sign]!, value: this.now.text === "[" ? this.values() : this.value() };
  }

  private values(): Json[] {
    this.need("sign", "[");
    const values = [this.value()];
    while (this.take("sign", ",")) values.push(this.value());
    this.need("sign", "]");
    return values;
  }

  private value(): Json {
    if (this.now.kind === "number") return Number(this.any("number", "a number"));
    if (this.take("word", "true")) return true;
    return this.take("word", "false") ? false : this.quoted();
  }

  private window(): number {
    this.need("word", "in");
    const days = this.whole();
    if (!this.take("word", "day")) this.need("word", "days");
    return days;
  }

  private whole(): number {
    const text = this.any("number", "a whole number");
    if (!/^\d+$/.test(text)) {
      this.at--;
      this.refuse("a whole number");
    }
    return Number(text);
  }

  private quoted(): string {
    return this.any("quoted", "a name in quotes").slice(1, -1).replaceAll(/\\(.)/gs, (_, one: string) => (one === "n" ? "\n" : one));
  }

  private take(kind: string, text: string): boolean {
    const fits = this.now.kind === kind && this.now.text === text;
    if (fits) this.at++;
    return fits;
  }

  private takeAll(first: string, second: string): boolean {
    const fits = this.now.text === first && this.tokens[this.at + 1]?.text === second;
    if (fits) this.at += 2;
    return fits;
  }

  private need(kind: string, text: string) {
    if (!this.take(kind, text)) this.refuse(`'${text}'`);
  }

  private any(kind: string, expected: string): string {
    if (this.now.kind !== kind) this.refuse(expected);
    return this.tokens[this.at++]!.text;
  }
}
