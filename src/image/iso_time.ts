/**
 * Times as images say them.
 * @module
 */

/** As Python's `datetime.isoformat` writes a time in UTC: fractions only where there are any. */
export function isoTime(time: Date): string {
  const iso = time.toISOString();
  return iso.endsWith(".000Z") ? iso.replace(".000Z", "+00:00") : iso.replace("Z", "000+00:00");
}
