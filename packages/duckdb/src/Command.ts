/**
 * The command `trackmap-duckdb`, as a function: retention, deletion by user, and the care of Parquet files, for a cron job or a shell.
 *
 * @module
 */
import { parseArgs } from "node:util"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as DuckDB from "./DuckDB.ts"
import * as Parquet from "./Parquet.ts"

/** What the command prints, and its exit code: 0, 1 if it failed, 2 if its arguments are wrong. */
export interface Ended {
  readonly code: 0 | 1 | 2
  readonly stdout: string
  readonly stderr: string
}

const help = `trackmap-duckdb keeps a warehouse in order.

  trackmap-duckdb prune FILE --older-than "400 days"    deletes what is older from all tables
  trackmap-duckdb forget FILE --user ID                 deletes all rows of a user
  trackmap-duckdb forget FILE --anonymous ID            deletes all rows of an anonymous id
  trackmap-duckdb compact DIRECTORY                     makes one Parquet file of those of each table and day
  trackmap-duckdb views DIRECTORY                       prints the SQL of views over Parquet files
`

const wrong = (reason: string): Ended => ({ code: 2, stdout: "", stderr: `${reason}\n\n${help}` })

const options = {
  "older-than": { type: "string" },
  user: { type: "string" },
  anonymous: { type: "string" },
  help: { type: "boolean", short: "h" }
} as const
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"]
type Job = Effect.Effect<string, { readonly message: string }>

const prune = (file: string, given: string): Job | Ended =>
  Duration.fromInput(given as Duration.Input)._tag === "None"
    ? wrong(`--older-than takes a time such as "400 days", not ${JSON.stringify(given)}`)
    : Effect.map(DuckDB.prune({ file, olderThan: given as Duration.Input }), (rows) => `${rows} rows deleted\n`)

const forget = (file: string, { anonymous, user }: Values): Job | Ended => {
  if ((user === undefined) === (anonymous === undefined)) return wrong("forget takes either --user or --anonymous")
  const forgotten = DuckDB.forget(user === undefined ? { file, anonymousId: anonymous! } : { file, userId: user })
  return Effect.map(forgotten, ({ anonymousIds, rows }) => {
    const others = anonymousIds.map(
      (id) => `  trackmap-duckdb forget ${JSON.stringify(file)} --anonymous ${JSON.stringify(id)}\n`
    )
    return `${rows} rows deleted\n${others.length === 0 ? "" : `The rows had these anonymous ids, too:\n${others.join("")}`}`
  })
}

const jobOf = (name: string, path: string, values: Values): Job | Ended => {
  switch (name) {
    case "prune":
      return prune(path, values["older-than"] ?? "")
    case "forget":
      return forget(path, values)
    case "compact":
      return Effect.map(Parquet.compact({ directory: path }), ({ files, into }) => `${files} files became ${into}\n`)
    case "views":
      return Parquet.views({ directory: path })
    default:
      return wrong(`there is no command ${JSON.stringify(name)}`)
  }
}

/**
 * Runs the command with its arguments.
 *
 * @example
 * ```ts
 * import { Command } from "@trackmap/duckdb"
 *
 * const { code, stderr } = await Command.run(["prune", "events.duckdb", "--older-than", "soon"])
 * console.log(code, stderr.split("\n")[0]) // 2 --older-than takes a time such as "400 days", not "soon"
 * ```
 */
export const run = async (args: ReadonlyArray<string>): Promise<Ended> => {
  let parsed
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    return wrong((cause as Error).message)
  }
  const [name, path, ...rest] = parsed.positionals
  if (parsed.values.help === true) return { code: 0, stdout: help, stderr: "" }
  if (name === undefined || path === undefined || rest.length > 0) return wrong("it takes a command and one path")
  const job = jobOf(name, path, parsed.values)
  if ("code" in job) return job
  return Effect.runPromise(
    Effect.match(job, {
      onSuccess: (stdout): Ended => ({ code: 0, stdout, stderr: "" }),
      onFailure: ({ message }): Ended => ({ code: 1, stdout: "", stderr: `${message}\n` })
    })
  )
}
