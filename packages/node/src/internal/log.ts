import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Logger from "effect/Logger"
import { attempt } from "./attempt.ts"

/** Something to log. */
export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error"
  readonly message: string
  readonly cause?: unknown
}

const levels: Readonly<Record<string, LogEntry["level"]>> = {
  Warn: "warn",
  Error: "error",
  Fatal: "error",
  Info: "info"
}

/** Has what is logged told to a function of the service's. What it throws is nobody's: tracking goes on without its log. */
export const to = (log: (entry: LogEntry) => void): Context.Context<never> => {
  const logger = Logger.make(({ cause, logLevel, message }) =>
    attempt(
      () => {
        const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
        // What a sink threw comes beside the text, and its stack says where.
        const thrown = cause.reasons.length === 0 ? parts.find(isError) : Cause.squash(cause)
        const told = parts.filter((part) => part !== thrown).map((part) => String(part))
        const entry = { level: levels[logLevel] ?? "debug", message: told.join(" ") }
        return log(thrown === undefined ? entry : { ...entry, cause: thrown })
      },
      () => {}
    )
  )
  return Context.make(Logger.CurrentLoggers, new Set([logger])) as Context.Context<never>
}

/** Whatever was thrown may throw when it is looked at. */
const isError = (part: unknown): boolean => {
  try {
    return part instanceof Error
  } catch {
    return false
  }
}

/** Looked up at each entry: a test or a service may have put another in its place. */
const toConsole = ({ level, message, ...rest }: LogEntry): void =>
  globalThis.console[level](`trackmap: ${message}`, ...Object.values(rest))

/** What is logged where the service does not say where to. */
export const standard: Context.Context<never> = to(toConsole)
