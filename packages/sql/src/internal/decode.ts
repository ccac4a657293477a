/** From what any driver returns for a column to one JavaScript value. */

/** Stands for a value that is not of a column's kind. */
export const misfit: unique symbol = Symbol("misfit")
type Misfit = typeof misfit

/** `07` is text, although a database may call it equal to 7. */
const integer = /^(?:0|-?[1-9]\d*)$/
const decimal = /^-?\d+(?:\.\d+)?$/
const dayText = /^\d{4,6}-\d\d-\d\d$/
const timeText =
  /^(\d{4,6})(-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,3})\d*)?)?\s*(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?$/
const uuidText = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

export const int = (raw: unknown): number | Misfit => {
  const number = typeof raw === "bigint" || (typeof raw === "string" && integer.test(raw)) ? Number(raw) : raw
  return Number.isSafeInteger(number) ? (number as number) : misfit
}

export const bigint = (raw: unknown): bigint | Misfit => {
  if (typeof raw === "bigint") return raw
  return (typeof raw === "string" && integer.test(raw)) || Number.isSafeInteger(raw)
    ? BigInt(raw as string | number)
    : misfit
}

export const text = (raw: unknown): string | Misfit => (typeof raw === "string" ? raw : misfit)

const booleans = new Map<unknown, boolean>([
  [true, true],
  [1, true],
  [1n, true],
  ["t", true],
  ["true", true],
  ["1", true],
  [false, false],
  [0, false],
  [0n, false],
  ["f", false],
  ["false", false],
  ["0", false]
])
export const boolean = (raw: unknown): boolean | Misfit => booleans.get(raw) ?? misfit

/** A number's digits without an exponent. */
const digitsOf = (number: number): string => {
  const [digits = "", exponent] = String(number).split("e")
  if (exponent === undefined) return digits
  const sign = number < 0 ? "-" : ""
  const [whole = "", fraction = ""] = digits.replace("-", "").split(".")
  const point = Number(exponent)
  return point < 0
    ? `${sign}0.${"0".repeat(-point - 1)}${whole}${fraction}`
    : `${sign}${whole}${fraction.padEnd(point, "0")}`
}

export const numeric = (raw: unknown): string | Misfit => {
  if (typeof raw === "string") return decimal.test(raw) ? raw : misfit
  if (typeof raw === "bigint") return String(raw)
  return typeof raw === "number" && Number.isFinite(raw) ? digitsOf(raw) : misfit
}

export const float = (raw: unknown): number | Misfit => {
  if (typeof raw === "number") return raw
  if (typeof raw === "bigint") return Number(raw)
  if (typeof raw !== "string" || raw.trim() === "") return misfit
  const number = Number(raw)
  return Number.isNaN(number) && raw !== "NaN" ? misfit : number
}

/** Milliseconds since 1970, or NaN. A text without a zone is in UTC. */
const millisOf = (raw: unknown): number => {
  if (typeof raw === "number") return Math.floor(raw)
  if (typeof raw === "bigint") return Number(raw)
  if (raw instanceof Date) return raw.getTime()
  if (typeof raw !== "string") return Number.NaN
  if (integer.test(raw)) return Number(raw)
  const found = timeText.exec(raw)
  if (found === null) return Number.NaN
  const [, year = "", day, time = "00:00", seconds = ":00", millis = "0", utc, hours, minutes = "00"] = found
  const years = year.length === 4 ? year : `+${year.padStart(6, "0")}`
  const zone = utc !== undefined || hours === undefined ? "Z" : `${hours}:${minutes}`
  return Date.parse(`${years}${day}T${time}${seconds}.${millis}${zone}`)
}

export const timestamp = (raw: unknown): Date | Misfit => {
  const at = new Date(millisOf(raw))
  return Number.isNaN(at.getTime()) ? misfit : at
}

export const date = (raw: unknown): string | Misfit => {
  if (typeof raw === "string") return dayText.test(raw) ? raw : misfit
  const at = timestamp(raw)
  return at === misfit ? misfit : at.toISOString().slice(0, 10)
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return misfit
  }
}

export const json = (raw: unknown): unknown => {
  if (typeof raw === "bigint") return Number(raw)
  return typeof raw === "string" ? parsed(raw) : raw
}

/** In lower case, as PostgreSQL returns it. */
export const uuid = (raw: unknown): string | Misfit =>
  typeof raw === "string" && uuidText.test(raw) ? raw.toLowerCase() : misfit

export const literals =
  (all: ReadonlyArray<string>) =>
  (raw: unknown): string | Misfit =>
    typeof raw === "string" && all.includes(raw) ? raw : misfit

export const array =
  (decode: (raw: unknown) => unknown, nullable: boolean) =>
  (raw: unknown): ReadonlyArray<unknown> | Misfit => {
    const list = typeof raw === "string" ? parsed(raw) : raw
    if (!Array.isArray(list)) return misfit
    const decoded = list.map((one) => (one === null ? (nullable ? null : misfit) : decode(one)))
    return decoded.includes(misfit) ? misfit : decoded
  }
