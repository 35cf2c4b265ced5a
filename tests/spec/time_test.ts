import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTime } from "../../src/spec/time.ts";

// Figures of Python's datetime.fromisoformat(…).timestamp(), of GNU date, or plain arithmetic.
const TIMES: [text: string, seconds: number | "now"][] = [
  ["now", "now"],
  ["1970-01-01T00:00:01Z", 1],
  ["1970-01-01", 0],
  ["19700102", 86_400],
  ["19700101T000102Z", 62],
  ["19700101T0100+0100", 0],
  ["1970-01-01T00:00", 0],
  ["1970-01-01 00:00:05", 5],
  ["1970-01-01t00:00:05z", 5],
  ["1969-12-31T23:59:59Z", -1],
  ["1969-12-31T23:59:59.999Z", -1],
  ["1970-01-01T00:00:00.999999999Z", 0],
  ["1970-01-01T00:00:07,5Z", 7],
  ["1970-01-01T02:00:00+02:00", 0],
  ["1970-01-01T00:00:00-0130", 5400],
  ["1970-01-01T00:00:00-01", 3600],
  ["1970-01-01T00:00:00-00:00", 0],
  ["1980-01-01T00:00:00Z", 315_532_800],
  ["2000-02-29T12:00:00Z", 951_825_600],
  ["2038-01-19T03:14:08Z", 2_147_483_648],
  ["0001-01-01", -62_135_596_800],
  ["0099-12-31T23:59:59Z", -59_011_459_201],
  ["9999-12-31T23:59:59Z", 253_402_300_799],
  ["@0", 0],
  ["@-0", 0],
  ["@1700000000", 1_700_000_000],
  ["@-1", -1],
];

Deno.test("parseTime() reads dates, times, seconds and now", () => {
  for (const [text, seconds] of TIMES) assert.equal(parseTime(text), seconds, text);
});

Deno.test("parseTime() refuses what is no time, or not in the calendar", () => {
  for (
    const text of [
      "",
      "Now",
      "yesterday",
      "12:00",
      "2023",
      "2023-06",
      "2023-6-1",
      "2023-02-29",
      "1900-02-29",
      "2023-04-31",
      "2023-00-10",
      "2023-13-01",
      "2023-01-00",
      "2023-01-32",
      "20230229",
      "2023-01-01T",
      "2023-01-01T24:00:00Z",
      "2023-01-01T12",
      "2023-01-01T12:60Z",
      "2023-01-01T12:00:60Z",
      "2023-01-01T12:00:00.Z",
      "2023-01-01T12:00:00+24:00",
      "2023-01-01T12:00:00+01:60",
      "2023-01-01T12:00:00 UTC",
      "2023-01-01Z",
      " 2023-01-01",
      "2023-01-01\n",
      "２０２３-01-01",
      "0000-12-31",
      "0001-01-01T00:00:00+00:01",
      "9999-12-31T23:59:59-00:01",
      "@",
      "@1.5",
      "@1e9",
      "@+1",
      "@253402300800",
      "@-62135596801",
      `@${"9".repeat(400)}`,
      "1700000000",
    ]
  ) assert.equal(parseTime(text), undefined, JSON.stringify(text));
});

Deno.test("parseTime() agrees with Date on every time that toISOString writes", () => {
  const dates = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(dates, (date) => {
    const text = date.toISOString();
    assert.equal(parseTime(text), Math.floor(date.getTime() / 1000));
    assert.equal(parseTime(text.replace(/[-:]/g, "")), Math.floor(date.getTime() / 1000));
  }));
});

Deno.test("parseTime() agrees with Date.parse on zones", () => {
  const zone = fc.tuple(fc.constantFrom("+", "-"), fc.nat(23), fc.nat(59)).map(([sign, h, m]) =>
    `${sign}${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`
  );
  fc.assert(fc.property(fc.integer({ min: -1e9, max: 4e9 }), zone, (seconds, zone) => {
    const text = new Date(seconds * 1000).toISOString().replace(".000Z", zone);
    assert.equal(parseTime(text), Date.parse(text) / 1000);
  }));
});
