import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Logger from "effect/Logger"
import { attempt } from "./attempt.ts"

/** A log line. */
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

// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/g

/** Escapes control characters and line breaks, which a vendor's text may contain. */
const oneLine = (text: string): string =>
  text.replaceAll(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** Sends log lines to a function of the service. If the function throws, tracking continues without logging. */
export const to = (log: (entry: LogEntry) => void): Context.Context<never> => {
  const logger = Logger.make(({ cause, logLevel, message }) =>
    attempt(
      () => {
        const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
        // A sink logs its error next to the text, and the error's stack shows its origin.
        const thrown = cause.reasons.length === 0 ? parts.find(isError) : Cause.squash(cause)
        const told = parts.filter((part) => part !== thrown).map(textOf)
        const entry = { level: levels[logLevel] ?? "debug", message: oneLine(told.join(" ")) }
        return log(thrown === undefined ? entry : { ...entry, cause: thrown })
      },
      () => {}
    )
  )
  return Context.make(Logger.CurrentLoggers, new Set([logger])) as Context.Context<never>
}

/** Even inspecting a thrown value may throw. */
const orElse = <A>(look: () => A, otherwise: A): A => {
  try {
    return look()
  } catch {
    return otherwise
  }
}
const isError = (part: unknown): boolean => orElse(() => part instanceof Error, false)
const textOf = (part: unknown): string => orElse(() => String(part), "a value that is not convertible to a string")

/** Looks up the console for each line, because a test or a service may have replaced it. */
const toConsole = ({ level, message, ...rest }: LogEntry): void =>
  globalThis.console[level](`trackmap: ${message}`, ...Object.values(rest))

/** The default: logs to the console. */
export const standard: Context.Context<never> = to(toConsole)
