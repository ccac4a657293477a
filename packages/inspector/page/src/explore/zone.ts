/** Times in a time zone that need not be the browser's. */

/** An hour or a day. */
export type Every = "hour" | "day"

/** A zone, with its offsets at the instants that were asked: an answer has few instants in many rows. */
interface Known {
  readonly format: Intl.DateTimeFormat
  readonly offsets: Map<number, number>
}

const zonesKnown = new Map<string, Known>()
const mostOffsets = 50_000

const knownOf = (zone: string): Known => {
  let known = zonesKnown.get(zone)
  if (known === undefined) {
    known = {
      format: new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }),
      offsets: new Map()
    }
    zonesKnown.set(zone, known)
  }
  return known
}

const hour = 3_600_000

const read = (format: Intl.DateTimeFormat, at: number): number => {
  const found = /([+-])(\d+):(\d+)(?::(\d+))?$/.exec(format.format(at))
  if (found === null) return 0
  const [, sign, hours, minutes, seconds = "0"] = found
  return (sign === "-" ? -1 : 1) * (Number(hours) * hour + Number(minutes) * 60_000 + Number(seconds) * 1_000)
}

/** The milliseconds by which a zone is ahead of UTC. */
export const offsetAt = (at: number, zone: string): number => {
  const { format, offsets } = knownOf(zone)
  let offset = offsets.get(at)
  if (offset === undefined) {
    offset = read(format, at)
    if (offsets.size >= mostOffsets) offsets.clear()
    offsets.set(at, offset)
  }
  return offset
}

/** Whether the browser knows a zone. */
export const isZone = (zone: string): boolean => {
  try {
    return knownOf(zone) !== undefined
  } catch {
    return false
  }
}

/** The instant of a local time, which is given as if it were in UTC. Of two, the first; of none, the end of the gap. */
export const instantOf = (local: number, zone: string): number => {
  const before = local - offsetAt(local - 24 * hour, zone)
  const after = local - offsetAt(local + 24 * hour, zone)
  const found = [before, after].find((at) => at + offsetAt(at, zone) === local)
  return found ?? before
}

/** The start of the next hour or day. */
export const next = (at: number, every: Every, zone: string): number => {
  if (every === "hour") return at + hour
  const local = at + offsetAt(at, zone)
  return instantOf(local - (local % (24 * hour)) + 24 * hour, zone)
}

/** The local time, as `2026-11-30 14:00`, or only the day. */
export const written = (at: number, every: Every, zone: string): string => {
  const text = new Date(at + offsetAt(at, zone)).toISOString()
  return every === "day" ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 16)}`
}

const two = (value: number): string => String(Math.floor(value)).padStart(2, "0")

/** The local time with its offset, for other programs: `2026-11-30T00:00:00+01:00`. */
export const precise = (at: number, zone: string): string => {
  const offset = offsetAt(at, zone)
  const minutes = Math.abs(offset) / 60_000
  const suffix = offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`
  return `${new Date(at + offset).toISOString().slice(0, 19)}${suffix}`
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** The local time for an axis: `30 Nov`, `30 Nov 14:00`. */
export const short = (at: number, every: Every, zone: string): string => {
  const local = new Date(at + offsetAt(at, zone))
  const day = `${String(local.getUTCDate())} ${months[local.getUTCMonth()]!}`
  return every === "day" ? day : `${day} ${local.toISOString().slice(11, 16)}`
}

/** The browser's zone, UTC, and all others. */
export const zones = (): ReadonlyArray<string> => [
  ...new Set([ownZone(), "UTC", ...Intl.supportedValuesOf("timeZone")])
]

/** The browser's zone. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone
