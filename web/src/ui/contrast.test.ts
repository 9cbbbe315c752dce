import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("../styles.css", import.meta.url), "utf8");

/** The custom properties of one theme. */
function colours(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split("}")[0] ?? "";
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((found) => [found[1], found[2]])) as Record<string, string>;
}

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const TEXTS: [string, string[]][] = [
  ["text", ["ground", "panel", "accent-ground"]], ["muted", ["ground", "panel", "accent-ground"]], ["accent", ["panel", "accent-ground", "ground"]],
  ["on-accent", ["accent"]], ["good", ["good-ground", "panel"]], ["watch", ["watch-ground", "panel"]], ["bad", ["bad-ground", "panel", "ground"]],
];

describe.each([":root", ':root[data-theme="dark"]'])("%s", (theme) => {
  const named = colours(theme);
  test.each(TEXTS.flatMap(([text, grounds]) => grounds.map((ground) => [text, ground] as const)))("%s is readable on %s", (text, ground) => {
    expect(contrast(named[text] as string, named[ground] as string)).toBeGreaterThanOrEqual(4.5);
  });
  test("the border of a control stands out (WCAG 1.4.11)", () => {
    expect(contrast(named["strong-line"] as string, named["panel"] as string)).toBeGreaterThanOrEqual(3);
  });
});
