/**
 * Times as RFC 3339 writes them.
 *
 * @module
 */

const form = /^(?:\d{4}|[+-]\d{6})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(?:Z|[+-]\d\d:\d\d)$/

const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** JavaScript counts a day that a month does not have into the next month. */
const isDay = (text: string, month: number, day: number): boolean =>
  day <= 28 ||
  (day <= days[month - 1]! && (month !== 2 || new Date(text.slice(0, text.indexOf("T"))).getUTCDate() === 29))

/**
 * The microseconds since 1970 of a time with an offset, or undefined: if it is not a time, has no offset, or is more exact than a microsecond, which no
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
  if (!isDay(text, Number(month), Number(day)) || /[1-9]/.test(fraction.slice(6))) return undefined
  const millis = Date.parse(fraction.length > 3 ? text.replace(`.${fraction}`, `.${fraction.slice(0, 3)}`) : text)
  if (Number.isNaN(millis)) return undefined
  const micros = BigInt(millis) * 1000n
  return fraction.length > 3 ? micros + BigInt(fraction.slice(3, 6).padEnd(3, "0")) : micros
}
