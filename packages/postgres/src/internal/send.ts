import type * as EventSink from "@trackmap/core/EventSink"
import type { Message } from "@trackmap/core/Message"
import * as Receipt from "@trackmap/core/Receipt"
import type * as SendError from "@trackmap/core/SendError"
import { Misfits, Rows, type Table } from "@trackmap/warehouse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as client from "./client.ts"
import { dialect } from "./dialect.ts"
import { type Failure, meaningOf, toSendError } from "./failure.ts"
import * as insert from "./insert.ts"
import { migrate } from "./migrate.ts"
import { check, type Options } from "./options.ts"

/** An entry of an index has at most a third of a page ("B-Tree Indexes"). */
const idBytes = 1_000

/** Why a message can have no row. An id counts as JSON, in which the table of misfits has one that a text column cannot hold. */
export const reasonAgainst = (message: Message): string | undefined =>
  Rows.reasonAgainst(message) ??
  (message.messageId.length * 6 > idBytes && Buffer.byteLength(JSON.stringify(message.messageId)) > idBytes
    ? `the message's id has more than ${idBytes} bytes`
    : undefined)

const byId = (a: Message, b: Message): number => (a.messageId < b.messageId ? -1 : a.messageId > b.messageId ? 1 : 0)

/** What is known of the tables since they were last compared with the plan. */
interface Writing {
  readonly rowsOf: ReturnType<typeof Rows.make>
  readonly write: ReturnType<typeof insert.make>
}

/** Opens the sink: makes the tables, or if PostgreSQL does not respond, leaves that to the first batch. */
export const open = Effect.fnUntraced(function* (options: Options, name: string, wanted: ReadonlyArray<Table.Table>) {
  const settings = yield* check(options)
  const { transaction } = yield* client.make(settings)
  const warn = Misfits.warner(name)
  let writing: Writing | undefined

  const prepare = Effect.map(
    migrate({ transaction }, wanted, settings.schema),
    (tables: ReadonlyArray<Table.Table>) => {
      writing = { rowsOf: Rows.make(tables, dialect), write: insert.make(settings.schema) }
      return writing
    }
  )

  const write = (messages: ReadonlyArray<Message>, { rowsOf, write }: Writing): Effect.Effect<void, Failure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const rows = rowsOf(messages, now)
      return rows.length === 0
        ? Effect.void
        : Effect.andThen(
            transaction((query) => write(query, rows)),
            warn(rows)
          )
    })

  const send = Effect.fnUntraced(function* (
    batch: EventSink.Batch
  ): Effect.fn.Return<ReadonlyArray<Receipt.Outcome>, SendError.SendError> {
    const reasons = batch.map(reasonAgainst)
    const messages = batch.messages.filter((_, at) => reasons[at] === undefined).sort(byId)
    const first = writing ?? (yield* prepare)
    yield* write(messages, first).pipe(
      Effect.catch((failure) => {
        // The tables may have changed since: a newer instance has a column of numbers now, or someone has dropped one.
        if (meaningOf(failure) === "passes") return Effect.fail(toSendError(failure))
        return Effect.flatMap(prepare, (again) => Effect.mapError(write(messages, again), toSendError))
      })
    )
    return reasons.map((reason) => (reason === undefined ? Receipt.delivered : Receipt.rejected(reason)))
  })

  yield* Effect.catchTag(prepare, "Unavailable", ({ reason }) =>
    Effect.logWarning(`${name}: ${reason}. The sink makes its tables with the first batch, and retries for an hour`)
  )
  return send
})
