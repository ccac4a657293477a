/**
 * Times as RFC 3339 writes them.
 *
 * @module
 */

const form = /^(?:\d{4}|[+-]\d{6})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(?:Z|[+-]\d\d:\d\d)$/

/** JavaScript counts a day that a month does not have into the next month. The calendar repeats after 400 years. */
const daysOf = (text: string, month: number): number =>
  new Date(Date.UTC(2000 + (Number(text.slice(0, text.indexOf("-", 1))) % 400), month, 0)).getUTCDate()

/**
 * The microseconds since 1970 of a time with an offset, or undefined: if it is no time, has no offset, or is more exact than a microsecond, which no
 * warehouse here keeps.
 *
 * @example
 * ```ts
 * import { Instant } from "@trackmap/warehouse"
 *
 * console.log(Instant.micros("2026-01-01T01:00:00.25+01:00")) // 1767225600250000n
 * console.log(Instant.micros("2026-02-30T00:00:00Z")) // undefined
 * ```
 */
export const micros = (text: string): bigint | undefined => {
  if (text.length > 64) return undefined
  const match = form.exec(text)
  if (match === null) return undefined
  const [, month, day, fraction = ""] = match
  if (Number(day) > 28 && Number(day) > daysOf(text, Number(month))) return undefined
  // Date.parse reads three digits of a fraction exactly; others are added here.
  const whole = Date.parse(fraction === "" ? text : text.replace(`.${fraction}`, ""))
  if (Number.isNaN(whole) || /[1-9]/.test(fraction.slice(6))) return undefined
  return BigInt(whole) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"))
}
