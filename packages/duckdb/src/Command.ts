/**
 * The command `trackmap-duckdb`, as a function: retention, deletion by user, and maintenance of Parquet files, from a shell or a cron job.
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

const help = `trackmap-duckdb maintains a warehouse in a DuckDB file or in Parquet files.

  trackmap-duckdb prune FILE --older-than "400 days"    deletes older rows from all tables
  trackmap-duckdb forget FILE --user ID                 deletes all rows of a user
  trackmap-duckdb forget FILE --anonymous ID            deletes all rows of an anonymous id
  trackmap-duckdb compact DIRECTORY                     merges the Parquet files of each table and day
  trackmap-duckdb views DIRECTORY                       prints SQL that creates views over Parquet files
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

const deleted = (rows: number): string => `${rows} ${rows === 1 ? "row" : "rows"} deleted\n`

const prune = (file: string, given: string | undefined): Job | Ended => {
  if (given === undefined) return wrong('prune needs an age, such as --older-than "400 days"')
  const age = Duration.fromInput(given as Duration.Input)
  return age._tag === "None" || !Duration.isPositive(age.value)
    ? wrong(`--older-than takes an age such as "400 days", not ${JSON.stringify(given)}`)
    : Effect.map(DuckDB.prune({ file, olderThan: age.value }), deleted)
}

/** As one word of a POSIX shell. An anonymous id comes from a browser, so it can be anything. */
const quoted = (text: string): string =>
  /\p{Cc}/u.test(text)
    ? `$'${text
        .replaceAll(/[\\']/g, "\\$&")
        .replaceAll(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)}'`
    : `'${text.replaceAll("'", "'\\''")}'`

const forget = (file: string, { anonymous, user }: Values): Job | Ended => {
  if ((user === undefined) === (anonymous === undefined)) return wrong("forget takes either --user or --anonymous.")
  const forgotten = DuckDB.forget(user === undefined ? { file, anonymousId: anonymous! } : { file, userId: user })
  return Effect.map(forgotten, ({ anonymousIds, rows }) => {
    const others = anonymousIds.map((id) => `  trackmap-duckdb forget ${quoted(file)} --anonymous=${quoted(id)}\n`)
    return `${deleted(rows)}${others.length === 0 ? "" : `To forget the anonymous ids of these rows, too:\n${others.join("")}`}`
  })
}

const jobOf = (name: string, path: string, values: Values): Job | Ended => {
  switch (name) {
    case "prune":
      return prune(path, values["older-than"])
    case "forget":
      return forget(path, values)
    case "compact":
      return Effect.map(Parquet.compact({ directory: path }), ({ files, into }) => `${files} files became ${into}\n`)
    case "views":
      return Parquet.views({ directory: path })
    default:
      return wrong(`There is no command ${JSON.stringify(name)}.`)
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
 * console.log(code, stderr.split("\n")[0]) // 2 --older-than takes an age such as "400 days", not "soon"
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
  if (name === undefined || path === undefined || rest.length > 0) return wrong("Give a command and one path.")
  const job = jobOf(name, path, parsed.values)
  if ("code" in job) return job
  return Effect.runPromise(
    Effect.match(job, {
      onSuccess: (stdout): Ended => ({ code: 0, stdout, stderr: "" }),
      onFailure: ({ message }): Ended => ({ code: 1, stdout: "", stderr: `${message}\n` })
    })
  )
}
