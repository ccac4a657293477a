import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { ReplayOptions, Selection } from "../OutboxStore.ts"
import { OutboxError } from "../OutboxError.ts"
import { eventOf, isOf } from "./body.ts"
import { requireStarted } from "./knownSinks.ts"
import * as letters from "./letters.ts"
import * as parked from "./parked.ts"
import type { Tables } from "./tables.ts"

interface LogRow {
  readonly id: string
  readonly body: string
  readonly created: number
}

/** What is read of the log: the ids and times of a selection, and bodies that contain a text. */
export interface Scanned extends Pick<Selection, "from" | "ids" | "to"> {
  readonly containing?: string | undefined
}

/** Reads messages of the log, in pages. */
export type Scan = (
  scanned: Scanned,
  each: (rows: ReadonlyArray<LogRow>) => Effect.Effect<number, SqlError>
) => Effect.Effect<number, SqlError>

export const replay = (
  tables: Tables,
  { of, ...selection }: ReplayOptions,
  scan: Scan
): Effect.Effect<number, SqlError | OutboxError> => {
  const { events, sink } = selection
  const started = sink === undefined ? Effect.void : requireStarted(tables, sink, "replay")
  if (of === "letters") return Effect.andThen(started, letters.replay(tables, selection))
  if (sink === undefined) {
    return Effect.fail(
      new OutboxError({
        operation: "replay",
        reason: "messages of the log go to one sink",
        remedy: "pass its name as sink",
        transient: false
      })
    )
  }
  const wanted = events && new Set(events)
  const scanned = scan(selection, (rows) => {
    const chosen = wanted === undefined ? rows : rows.filter(({ body }) => wanted.has(eventOf(body)))
    const added = chosen.map(({ body, created, id }) => {
      return { sink, id, body, created, attempts: 0, outcome: parked.replayed, dead: false }
    })
    return Effect.as(parked.insert(tables, added), added.length)
  })
  return Effect.andThen(started, scanned)
}

/** Deletes the messages of a user from the log and from what is parked. */
export const erase = (
  { contains, parked, sql }: Tables,
  userId: string,
  fromLog: (scanned: Scanned, is: (row: { readonly body: string }) => boolean) => Effect.Effect<number, SqlError>
): Effect.Effect<number, SqlError> =>
  Effect.gen(function* () {
    const containing = JSON.stringify(userId)
    const logged = yield* fromLog({ containing }, ({ body }) => isOf(body, userId))
    const aside = yield* sql<{ readonly sink: string; readonly id: string; readonly body: string }>`
      SELECT sink, id, body FROM ${parked} WHERE ${contains(containing)}`.withoutTransform
    const own = aside.filter(({ body }) => isOf(body, userId))
    for (const { id, sink } of own) yield* sql`DELETE FROM ${parked} WHERE sink = ${sink} AND id = ${id}`
    return logged + own.length
  })
