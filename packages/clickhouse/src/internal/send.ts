import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import type { HttpTransport } from "@trackmap/core/HttpTransport"
import type { Message } from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Misfits from "@trackmap/warehouse/Misfits"
import * as Rows from "@trackmap/warehouse/Rows"
import type { Table } from "@trackmap/warehouse/Table"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import { dialect } from "./dialect.ts"
import type { Fault } from "./exception.ts"
import { insert } from "./insert.ts"
import { migrate } from "./migrate.ts"
import type { Options } from "./options.ts"
import * as servers from "./server.ts"

type RowsOf = ReturnType<typeof Rows.make>

/** The messages that did not arrive, by id. */
type Failed = ReadonlyMap<string, Fault>

/** The error of a batch: one that passes before one that does not, so that what may still arrive is sent again. */
const order = ["Unavailable", "TooLarge", "Refused", "Misconfigured"]
const errorOf = (failed: Failed): SendError.SendError =>
  [...failed.values()].map(({ error }) => error).toSorted((a, b) => order.indexOf(a._tag) - order.indexOf(b._tag))[0]!

/** Some messages of a batch are in their tables, and others are not. */
const partly = (
  batch: EventSink.Batch,
  failed: Failed
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> => {
  const error = errorOf(failed)
  const known = batch.map((message) => (failed.has(message.messageId) ? undefined : Rows.outcomeOf(message)))
  if (error._tag !== "Misconfigured" || known.every((outcome) => outcome === undefined)) {
    return Effect.fail(SendError.withOutcomes(error, known))
  }
  return Effect.succeed(known.map((outcome) => outcome ?? Receipt.rejected(error.reason)))
}

/** Opens a sink. If the server cannot be reached, the first batch makes the tables, so that the service starts. */
export const open = Effect.fnUntraced(function* (
  options: Options,
  name: string,
  wanted: ReadonlyArray<Table>
): Effect.fn.Return<EventSink.Send<HttpTransport>, SendError.Misconfigured, HttpTransport> {
  const server = yield* servers.make(name, options)
  const warn = Misfits.warner(name)
  const lock = yield* Semaphore.make(1)
  let ready: RowsOf | undefined
  const prepare = lock.withPermit(
    Effect.suspend(() =>
      ready === undefined
        ? Effect.map(migrate(server, wanted), (tables) => (ready = Rows.make(tables, dialect)))
        : Effect.succeed(ready)
    )
  )

  /** Inserts table by table. What follows a server that is not available would fail too. */
  const attempt = Effect.fnUntraced(function* (rowsOf: RowsOf, messages: Iterable<Message>) {
    const failed = new Map<string, Fault>()
    let away: Fault | undefined
    const all = rowsOf(messages, yield* Clock.currentTimeMillis)
    for (const rows of all) {
      const fault: Fault | undefined =
        away ??
        Result.match(yield* Effect.result(insert(server, rows)), {
          onFailure: (found) => found,
          onSuccess: () => undefined
        })
      if (fault === undefined) continue
      for (const id of rows.ids) failed.set(id, fault)
      if (fault.error._tag === "Unavailable") away = fault
    }
    yield* warn(all.filter((rows) => !rows.ids.some((id) => failed.has(id))))
    return failed
  })

  /** If a table is no longer what it was, the tables are compared with the plan again, once. */
  const write = Effect.fnUntraced(function* (batch: EventSink.Batch) {
    const before = yield* prepare
    const failed = yield* attempt(before, batch)
    if (![...failed.values()].some(({ changed }) => changed)) return failed
    if (ready === before) ready = undefined
    const now = yield* Effect.result(prepare)
    const again = batch.messages.filter(({ messageId }) => failed.has(messageId))
    if (Result.isSuccess(now)) return yield* attempt(now.success, again)
    return new Map(again.map(({ messageId }) => [messageId, { error: now.failure, changed: false }]))
  })

  yield* Effect.catchTag(prepare, "Unavailable", ({ reason }) =>
    Effect.logWarning(
      `${name}: the tables will be made with the first batch, since ClickHouse is not available: ${reason}`
    )
  )
  return (batch) =>
    write(batch).pipe(
      Effect.flatMap((failed) =>
        failed.size === 0 ? Effect.succeed(batch.map(Rows.outcomeOf)) : partly(batch, failed)
      ),
      HttpSink.inSpan("ClickHouse.send", { "trackmap.sink": name, "trackmap.batch.messages": batch.length })
    )
})
