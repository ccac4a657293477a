import type { HttpTransport } from "@trackmap/core/HttpTransport"
import type { Rows } from "@trackmap/warehouse/Rows"
import * as Effect from "effect/Effect"
import type { Fault } from "./exception.ts"
import type { Server } from "./server.ts"
import * as sql from "./sql.ts"

const loadedAt = "loaded_at"

/** The SHA-256 of a text, in hexadecimal. */
const hash = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (digest) => Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  )

/**
 * Inserts the rows of one table. The token is made of all but the time of the insert, so that a batch that is sent again has the token that it had:
 * ClickHouse then stores it once, even before it merges what is equal.
 */
export const insert = (server: Server, { columns, size, table }: Rows): Effect.Effect<void, Fault, HttpTransport> =>
  Effect.gen(function* () {
    const at = table.columns.findIndex(({ name }) => name === loadedAt)
    const names = table.columns.map(({ name }) => name).filter((name) => name !== loadedAt)
    const others = columns.filter((_, index) => index !== at)
    const lines = Array.from({ length: size }, (_, row) =>
      JSON.stringify(others.map((column) => column[row])).slice(0, -1)
    )
    const token = yield* hash(`${JSON.stringify(names)}\n${lines.join("\n")}`)
    const end = `,${JSON.stringify(columns[at]![0])}]\n`
    const begin = sql.insert(server.place, table.name, [...names, loadedAt], token)
    yield* server.insert([begin, lines.join(end), end])
  })
