import { type ChildProcess, spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import { DuckDBError, QueryError } from "../../DuckDBError.ts"
import type { Request, Response } from "./reading.ts"

/** How long the process stays alive without a question, in milliseconds. */
const idle = 60_000

type Result = Effect.Effect<unknown, DuckDBError | QueryError>

const resultOf = (response: Exclude<Response, { readonly _tag: "Ready" }>): Result => {
  switch (response._tag) {
    case "Answered":
      return Effect.succeed(response.answered)
    case "QueryError":
      return Effect.fail(new QueryError({ reason: response.reason }))
    case "DuckDBError":
      return Effect.fail(new DuckDBError(response.error))
  }
}

/** A process that reads. It starts with the first question, and ends when there has been none for a minute, or when this process ends. */
export class ReadingProcess {
  readonly #entry: URL
  #child: ChildProcess | undefined
  #ids = 0
  #waiting: ReturnType<typeof setTimeout> | undefined

  constructor(entry: URL) {
    this.#entry = entry
  }

  /** Asks it. An interruption ends it, since a query can be in the middle of anything. */
  ask(given: Omit<Request, "id">): Result {
    return Effect.callback<unknown, DuckDBError | QueryError>((resume) => {
      const id = this.#ids++
      const child = this.#started()
      const end = (result: Result) => {
        child.off("message", heard).off("exit", gone)
        this.#rest(child)
        resume(result)
      }
      const heard = (response: Response) => {
        if (response._tag !== "Ready" && response.id === id) end(resultOf(response))
      }
      const gone = () => {
        if (this.#child === child) this.#child = undefined
        end(
          Effect.fail(
            new QueryError({ reason: "the reading process ended: the query may have needed too much memory" })
          )
        )
      }
      child.on("message", heard).on("exit", gone)
      child.send({ id, ...given } satisfies Request)
      return Effect.sync(() => {
        child.off("message", heard).off("exit", gone)
        this.end()
      })
    })
  }

  readonly end = (): void => {
    clearTimeout(this.#waiting)
    this.#child?.kill("SIGKILL")
    this.#child = undefined
  }

  #started(): ChildProcess {
    clearTimeout(this.#waiting)
    if (this.#child?.connected === true) return this.#child
    const code = `import(${JSON.stringify(this.#entry.href)}).then(({ serve }) => serve())`
    // It gets none of this process's secrets.
    const child = spawn(process.execPath, ["--max-old-space-size=256", "--input-type=module", "-e", code], {
      env: { TZ: "UTC" },
      stdio: ["ignore", "ignore", "inherit", "ipc"]
    })
    this.#child = child
    return child
  }

  /** A process that only waits must not keep this process alive. */
  #rest(child: ChildProcess): void {
    if (this.#child !== child) return
    child.unref()
    child.channel?.unref()
    this.#waiting = setTimeout(this.end, idle)
    this.#waiting.unref()
  }
}
