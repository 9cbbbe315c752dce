/** Numbers, money and moments by the reader's locale and time zone. Days of the workspace come as YYYY-MM-DD and stay days. */
const kept = (name: string): string | null => globalThis.localStorage?.getItem(`forestay.${name}`) ?? null;

/** What the reader chose for this browser; null: as the browser has it. */
export const formats = { locale: kept("locale"), zone: kept("zone") };
export const LOCALES = ["en-GB", "en-US", "de-DE", "fr-FR", "es-ES", "nl-NL", "pt-BR", "ja-JP"] as const;
const locale = formats.locale ?? globalThis.navigator?.language ?? "en";
const timeZone = formats.zone ? { timeZone: formats.zone } : {};
const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
const dayFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const momentFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", ...timeZone });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

export const number = (value: number): string => count.format(value);
export const share = (value: number): string => percent.format(value);

/** Compact money: $8.4k. A currency that the browser does not know is written as it is. */
export function money(value: number | null, currency: string | null): string {
  if (value === null) return "–";
  try {
    return new Intl.NumberFormat(locale, {
      style: "currency", currency: currency ?? "USD", notation: "compact", maximumFractionDigits: 1,
    }).format(value);
  } catch {
    return `${count.format(value)} ${currency ?? ""}`.trim();
  }
}

export const day = (iso: string | null): string => (iso ? dayFormat.format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)) : "–");
export const moment = (iso: string | null): string => (iso ? momentFormat.format(new Date(iso)) : "–");

/** A moment on another clock than the reader's: the zone of a calendar. */
export const inZone = (iso: string, zone: string, part: "day" | "time"): string =>
  new Intl.DateTimeFormat(locale, part === "day" ? { weekday: "short", day: "numeric", month: "short", timeZone: zone } : { timeStyle: "short", timeZone: zone }).format(new Date(iso));

/** Keep the reader's choice, and draw everything anew. Throws RangeError for a zone that there is not. */
export function setFormats(chosen: string | null, zone: string | null): void {
  new Intl.DateTimeFormat(chosen ?? undefined, zone ? { timeZone: zone } : {});
  for (const [name, value] of [["locale", chosen], ["zone", zone]] as const) {
    if (value === null) localStorage.removeItem(`forestay.${name}`);
    else localStorage.setItem(`forestay.${name}`, value);
  }
  window.location.reload();
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/** 'in 3 hours', 'yesterday'. */
export function ago(iso: string, now: number = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.round(seconds / size), unit);
}

/** 5400 s -> '1 h 30 min'; always positive. */
export function span(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const parts: [number, string][] = [[Math.floor(minutes / 1440), "d"], [Math.floor((minutes % 1440) / 60), "h"], [minutes % 60, "min"]];
  const told = parts.filter(([size]) => size > 0).slice(0, 2);
  return told.length ? told.map(([size, unit]) => `${size} ${unit}`).join(" ") : "0 min";
}
