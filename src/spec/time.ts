/**
 * Times as a spec writes them.
 * @module
 */

// ISO 8601 in its extended (2026-01-31T12:00:00Z) and basic (20260131T120000Z) formats. RFC 3339's
// blank instead of the T and its lower-case letters are taken too, as GNU date does.
const ZONE = /(?:(?<zulu>Z)|(?<sign>[+-])(?<zoneHour>\d\d)(?::?(?<zoneMinute>\d\d))?)?/.source;
const EXTENDED = new RegExp(
  String.raw`^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)` +
    String.raw`(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,]\d+)?)?${ZONE})?$`,
  "i",
);
const BASIC = new RegExp(
  String.raw`^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)` +
    String.raw`(?:T(?<hour>\d\d)(?<minute>\d\d)(?:(?<second>\d\d)(?:[.,]\d+)?)?${ZONE})?$`,
  "i",
);
const SECONDS = /^@(-?\d+)$/;

// Years 1 to 9999: what the image config's RFC 3339 times can say.
const FIRST = -62_135_596_800;
/** The last time that {@linkcode parseTime} takes. */
export const LAST_TIME = 253_402_300_799;

/**
 * Reads `now` (kept), `@SECONDS` since 1970, or an ISO 8601 date or date and time.
 * A time without a zone is UTC, a date alone is its first second; fractions of a second are dropped.
 *
 * @returns seconds since 1970, or undefined if `text` is no such time, if the calendar does not
 * have it (leap seconds included), or if its year is not within 1 to 9999.
 */
export function parseTime(text: string): number | "now" | undefined {
  if (text === "now") return "now";
  const seconds = SECONDS.exec(text)?.[1];
  const time = seconds === undefined ? parseIso(text) : Number(seconds);
  if (time === undefined || time < FIRST || time > LAST_TIME) return undefined;
  return time === 0 ? 0 : time; // "@-0"
}

function parseIso(text: string): number | undefined {
  const groups = (EXTENDED.exec(text) ?? BASIC.exec(text))?.groups;
  if (groups === undefined) return undefined;
  const field = (name: string) => Number(groups[name] ?? 0);
  const [year, month, day] = [field("year"), field("month"), field("day")];
  const [hour, minute, second] = [field("hour"), field("minute"), field("second")];
  const [zoneHour, zoneMinute] = [field("zoneHour"), field("zoneMinute")];
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return undefined;

  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC would take the years 0 to 99 as 1900 to 1999
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (zoneHour * 60 + zoneMinute) * (groups.sign === "-" ? -60 : 60);
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
}
