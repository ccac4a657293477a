import type { DuckDBInstance } from "@duckdb/node-api"
import type { Bounds } from "../bounds.ts"
import { DuckDBError, QueryError } from "../../DuckDBError.ts"
import { faultOf } from "../engine/fault.ts"
import { answer, type Job } from "./answer.ts"

/** What the reading process is asked. */
export interface Request {
  readonly id: number
  readonly file: string
  readonly bounds: Bounds
  readonly job: Job
}

/** What it answers, or `ready` once it can be asked. */
export type Response =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Answered"; readonly id: number; readonly answered: unknown }
  | { readonly _tag: "QueryError"; readonly id: number; readonly reason: string }
  | { readonly _tag: "DuckDBError"; readonly id: number; readonly error: typeof DuckDBError.Encoded }

const configOf = ({ memoryLimit, threads }: Bounds): Record<string, string> => ({
  access_mode: "READ_ONLY",
  memory_limit: memoryLimit,
  threads: String(threads),
  autoload_known_extensions: "false",
  autoinstall_known_extensions: "false",
  allow_community_extensions: "false",
  enable_external_access: "false"
})

const secure = "SET TimeZone = 'UTC'; SET lock_configuration = true"

/** Answers one request: opens the file, asks, and closes it. */
export const respond = async ({ bounds, file, id, job }: Request): Promise<Response> => {
  const binding = await import("@duckdb/node-api")
  let instance: DuckDBInstance | undefined
  try {
    instance = await binding.DuckDBInstance.create(file, configOf(bounds))
    const connection = await instance.connect()
    try {
      await connection.run(secure)
      return { _tag: "Answered", id, answered: await answer({ binding, connection }, job) }
    } finally {
      connection.closeSync()
    }
  } catch (cause) {
    if (cause instanceof QueryError) return { _tag: "QueryError", id, reason: cause.reason }
    const { holder, reason, remedy, transient } = faultOf(file, cause)
    const error = { _tag: "DuckDBError" as const, file, reason, remedy, transient, ...(holder && { holder }) }
    return { _tag: "DuckDBError", id, error }
  } finally {
    instance?.closeSync()
  }
}

/** Answers what the parent process asks, until it has gone. */
export const serve = (): void => {
  process.on("disconnect", () => process.exit())
  process.on("message", (request: Request) => {
    void respond(request).then((response) => process.send?.(response))
  })
  process.send?.({ _tag: "Ready" } satisfies Response)
}
