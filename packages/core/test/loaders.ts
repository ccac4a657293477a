/** What the tests of loaders share: rows with keys of any kind, and a loader that remembers its calls. */
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { Entity, Loader } from "../src/index.ts"

export interface Keyed {
  readonly id: number
  readonly key: any
}

export const Leaf = Entity.make("Leaf", { key: "id", attributes: { id: Schema.Int } })

/** A loader of the rows of a table, which are given in its order. `same` tells which of them a key asks for. */
export const recorded = <E = never>(
  table: ReadonlyArray<Keyed>,
  options: {
    readonly hash?: (key: any) => unknown
    readonly name?: string
    readonly before?: Effect.Effect<unknown, E>
  } = {}
) => {
  const calls: Array<ReadonlyArray<any>> = []
  const { before = Effect.void as Effect.Effect<unknown, E>, ...rest } = options
  const loader = Loader.byKey({
    name: "things",
    ...rest,
    load: (keys: ReadonlyArray<any>) =>
      Effect.andThen(
        Effect.sync(() => void calls.push(keys)),
        Effect.as(before, table)
      ),
    keyOf: (row) => row.key
  })
  return { calls, loader }
}

/** A leaf with a relation by a loader, from the row's `of`. */
export const relatedBy = <E = never>(loader: Loader.Loader<any, Keyed, undefined, E>, prefix: string = "Parent") =>
  Leaf.pipe(
    Entity.one(
      "parent",
      Leaf,
      Loader.at(loader, (row: { of: any }) => row.of),
      { prefix }
    )
  )

/** What was logged while an effect ran. */
export const logged = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const messages: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void messages.push(`${logLevel} ${String(message)}`))
  const result = yield* Effect.provide(effect, Logger.layer([logger]))
  return [result, messages] as const
})
