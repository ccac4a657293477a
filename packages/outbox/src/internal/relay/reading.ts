import type { Stored } from "@trackmap/core/Delivery"
import * as Envelope from "@trackmap/core/Envelope"
import * as Receipt from "@trackmap/core/Receipt"
import type { Claim, Parked, Row } from "../../OutboxStore.ts"

/** A message of a claim that can be sent. */
export interface Readable extends Stored {
  readonly row: Row
}

/** The messages of a claim. */
export interface Read {
  readonly messages: ReadonlyArray<Readable>
  /** Those that no version of the package can read: dead letters. */
  readonly unreadable: ReadonlyArray<Parked>
  /** Those that a newer version of the package has written. Newer relays send them. */
  readonly newer: ReadonlyArray<Parked>
}

/** How long a message of a newer format waits for a newer relay before this one looks at it again, in milliseconds. */
export const newerWait = 60_000

const isNewer = (json: unknown): boolean => {
  const format: unknown = typeof json === "object" && json !== null && "format" in json ? json.format : undefined
  return typeof format === "number" && Number.isInteger(format) && format > Envelope.format
}

/** Reads the rows of a claim. `now` is by the database's clock. */
export const read = ({ rows }: Claim, now: number): Read => {
  const messages: Array<Readable> = []
  const unreadable: Array<Parked> = []
  const newer: Array<Parked> = []
  for (const row of rows) {
    const { attempts, id } = row
    try {
      messages.push({ row, envelope: Envelope.fromJson(row.body), at: row.created })
    } catch (error) {
      const { reason } = error as Envelope.EnvelopeError
      if (isNewer(parsed(row.body))) {
        newer.push({ id, attempts, outcome: Receipt.expired(reason), dead: false, visibleAt: now + newerWait })
      } else unreadable.push({ id, attempts, outcome: Receipt.rejected(reason), dead: true })
    }
  }
  return { messages, unreadable, newer }
}

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
