import { EventSink, type Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"

/** The results of one sink. */
export interface Sheet {
  /** The number of receipts of each message. */
  readonly receipts: Map<string, number>
  /** Milliseconds from the event to its delivery. */
  readonly latencies: Array<number>
  /** Messages that were sent more than once. */
  retried: number
}

/** Counts messages and their receipts. */
export interface Tally {
  readonly messages: Set<string>
  readonly sheets: ReadonlyMap<string, Sheet>
  /** Counts the sinks' messages and receipts. */
  readonly watch: <E, R>(sinks: EventSink.EventSink<E, R>) => EventSink.EventSink<E, R>
}

export const make = (): Tally => {
  const messages = new Set<string>()
  const sheets = new Map<string, Sheet>()
  const record = (sheet: Sheet, timestamp: string, { at, attempts, messageId, outcome }: Receipt.Receipt): void => {
    messages.add(messageId)
    sheet.receipts.set(messageId, (sheet.receipts.get(messageId) ?? 0) + 1)
    if (outcome._tag === "Delivered") sheet.latencies.push(at - Date.parse(timestamp))
    if (attempts > 1) sheet.retried++
  }
  return {
    messages,
    sheets,
    watch: (sinks) => {
      for (const name of sinks.names) sheets.set(name, { receipts: new Map(), latencies: [], retried: 0 })
      return sinks.pipe(
        EventSink.map((message) => {
          messages.add(message.messageId)
          return message
        }),
        EventSink.tap(({ timestamp }, receipt) =>
          Effect.sync(() => record(sheets.get(receipt.sink)!, timestamp, receipt))
        )
      )
    }
  }
}

/** The number of messages without exactly one receipt from every sink. */
export const unlawful = ({ messages, sheets }: Tally): number => {
  let wrong = 0
  for (const { receipts } of sheets.values()) for (const id of messages) if (receipts.get(id) !== 1) wrong++
  return wrong
}

/** A percentile. */
export const percentile = (numbers: ReadonlyArray<number>, share: number): number | undefined =>
  numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(numbers.length * share) - 1)]
