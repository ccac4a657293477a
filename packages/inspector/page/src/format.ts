/** Formats numbers, times and lists. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 1 })

/** A count, such as `12,034`. */
export const count = (value: number): string => whole.format(value)

/** A rate or a depth: with one decimal if it is small. */
export const amount = (value: number): string => (Math.abs(value) < 10 ? short : whole).format(value)

const precise = new Intl.NumberFormat("en", { maximumFractionDigits: 2 })
const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 })

/** A measured value: with two decimals, or three significant digits if it is small. */
export const measured = (value: number): string => (Math.abs(value) < 1 ? small : precise).format(value)

/** A number and its noun: `1 row`, `4 rows`. */
export const counted = (value: number, one: string, many: string = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** A duration, in the natural unit. */
export const duration = (milliseconds: number): string => {
  if (milliseconds < 9.95) return `${String(Number(milliseconds.toPrecision(2)))} ms`
  if (milliseconds < 999.5) return `${String(Math.round(milliseconds))} ms`
  if (milliseconds < 59_950) return `${String(Number((milliseconds / 1_000).toFixed(1)))} s`
  const seconds = Math.round(milliseconds / 1_000)
  if (seconds < 3_600) return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`
  return `${String(Math.floor(seconds / 3_600))} h ${String(Math.floor((seconds % 3_600) / 60))} min`
}

const two = (value: number): string => String(value).padStart(2, "0")

/** The local time of day, to the millisecond. */
export const clock = (at: number): string => {
  const date = new Date(at)
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`
}

/** The local time of day, and the date unless it is today. */
export const moment = (at: number, now: number): string => {
  const date = new Date(at)
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: ReadonlyArray<string>): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)!}`
