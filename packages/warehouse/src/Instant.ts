/**
 * Times as RFC 3339 writes them.
 *
 * @module
 */

const form = /^(?:\d{4}|[+-]\d{6})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(?:Z|[+-]\d\d:\d\d)$/

/** The times that JavaScript writes, and every message has, on a day that every month has. */
const usual = /^\d{4}-\d\d-(?:[01]\d|2[0-8])T\d\d:\d\d:\d\d\.\d{3}Z$/
const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** JavaScript counts a day that a month does not have into the next month. */
const isDay = (text: string, month: number, day: number): boolean =>
  day <= 28 ||
  (day <= days[month - 1]! && (month !== 2 || new Date(text.slice(0, text.indexOf("T"))).getUTCDate() === 29))

const ofMillis = (millis: number): bigint | undefined => (Number.isNaN(millis) ? undefined : BigInt(millis) * 1000n)

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
  if (usual.test(text)) return ofMillis(Date.parse(text))
  if (text.length > 64) return undefined
  const match = form.exec(text)
  if (match === null) return undefined
  const [, month, day, fraction = ""] = match
  if (!isDay(text, Number(month), Number(day)) || /[1-9]/.test(fraction.slice(6))) return undefined
  if (fraction.length <= 3) return ofMillis(Date.parse(text))
  const whole = ofMillis(Date.parse(text.replace(`.${fraction}`, `.${fraction.slice(0, 3)}`)))
  return whole === undefined ? undefined : whole + BigInt(fraction.slice(3, 6).padEnd(3, "0"))
}
