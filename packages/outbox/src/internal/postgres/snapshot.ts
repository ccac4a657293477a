/**
 * A snapshot of PostgreSQL, as its text `xmin:xmax:xip,xip`: the transactions that had committed or rolled back when it was taken. These are all
 * below `xmax`, except for those in `xip`.
 */
export interface Snapshot {
  readonly xmax: bigint
  readonly xip: ReadonlyArray<bigint>
}

/** A snapshot before every transaction. */
export const beginning = "1:1:"

export const parse = (text: string): Snapshot => {
  const [, xmax = "1", xip = ""] = text.split(":")
  return { xmax: BigInt(xmax), xip: xip === "" ? [] : xip.split(",").map(BigInt) }
}

export const format = ({ xip, xmax }: Snapshot): string => {
  const sorted = xip.toSorted((a, b) => (a < b ? -1 : 1))
  return `${sorted[0] ?? xmax}:${xmax}:${sorted.join(",")}`
}

/** A snapshot that differs in one thing: a transaction that is open in it, or later, has ended. */
export const including = ({ xip, xmax }: Snapshot, xid: bigint): Snapshot => {
  const open = xip.filter((other) => other !== xid)
  // What lies between has not been seen, so that it counts as open.
  for (let other = xmax; other < xid; other++) open.push(other)
  return { xmax: xid < xmax ? xmax : xid + 1n, xip: open }
}

/** PostgreSQL's text of an array. */
export const arrayOf = (xids: ReadonlyArray<bigint>): string => `{${xids.join(",")}}`
