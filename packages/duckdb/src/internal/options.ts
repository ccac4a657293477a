import { inspect } from "node:util"
import { DefinitionError } from "@trackmap/core/DefinitionError"
import * as Checked from "@trackmap/core/Options"
import { Misconfigured } from "@trackmap/core/SendError"
import * as Erasure from "@trackmap/warehouse/Erasure"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { DuckDBError } from "../DuckDBError.ts"
import type { Bounds } from "./bounds.ts"

/** The bounds of DuckDB inside your process. Sinks of one process on one file share the bounds of the first that opens it. */
export interface BoundOptions {
  /** The memory that DuckDB uses at most, such as `"1GB"`. Default: `"256MB"`. */
  readonly memoryLimit?: string | undefined
  /** The number of threads. Default: 2. */
  readonly threads?: number | undefined
}

/** A value in an error. */
const shown = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : inspect(value, { depth: 0, breakLength: Infinity })

const sizes = /^\d+(?:\.\d+)?\s*(?:[KMGT]i?B)$/i

const wrongIn = ({ memoryLimit, threads }: BoundOptions): string | undefined => {
  if (memoryLimit !== undefined && (typeof memoryLimit !== "string" || !sizes.test(memoryLimit)))
    return `memoryLimit must be a size such as "256MB", not ${shown(memoryLimit)}`
  return threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= 1_024)
    ? undefined
    : `threads must be a whole number from 1 to 1,024, not ${shown(threads)}`
}

/** The longest path in characters. Linux takes as many bytes (path_resolution(7), PATH_MAX), and other systems fewer. */
const longest = 4_096

/** Why a path is invalid, or undefined. DuckDB takes some names for in-memory databases, which would lose everything when they close. */
const wrongPath = (option: string, path: unknown): string | undefined => {
  if (typeof path !== "string" || path.trim() === "" || path.includes("\0") || path.startsWith(":memory:"))
    return `${option} must be a path, not ${shown(path)}`
  return path.length > longest
    ? `${option} has ${path.length} characters, and a path has at most ${longest}`
    : undefined
}

/** Why options are wrong, if so: the one that is a path, and the bounds. */
const wrongWith = <Name extends "file" | "directory">(
  name: Name,
  options: BoundOptions & { readonly [N in Name]: string }
): string | undefined => wrongPath(name, options[name]) ?? wrongIn(options)

/** The error of options. It names no file, since there may be none. */
const wrongOptions = (reason: string): DuckDBError =>
  new DuckDBError({ file: "", reason, remedy: "correct the options", transient: false })

/** The bounds that the options give. */
export const boundsOf = ({ memoryLimit = "256MB", threads = 2 }: BoundOptions): Bounds => ({ memoryLimit, threads })

/** The options of the sink. */
export interface Options extends BoundOptions {
  /** The path of the file. The sink creates it, but not its folder. */
  readonly file: string
  /**
   * Keeps the file open between batches, which saves most of the cost of small batches. No other process can open it meanwhile, not even to read.
   * Default: false.
   */
  readonly keepOpen?: boolean | undefined
  /** The names of events' tables, by event. Default: the event's name in snake_case. */
  readonly tables?: Readonly<Record<string, string>> | undefined
  /** The names of columns, by key. Default: the key. */
  readonly columns?: Readonly<Record<string, string>> | undefined
  /** The sink's name in receipts and logs. Default: `"duckdb"`. */
  readonly name?: string | undefined
}

/** Checks the names of the options. */
export const checkNames = (options: Options): Options =>
  Checked.check<Options>("DuckDB.sink", options, {
    file: true,
    keepOpen: true,
    tables: true,
    columns: true,
    memoryLimit: true,
    threads: true,
    name: true
  })

/** The checked options of a sink. */
interface Settings {
  readonly file: string
  readonly bounds: Bounds
  readonly keepOpen: boolean
}

/** Checks the options' values. */
export const check = (options: Options): Effect.Effect<Settings, Misconfigured> => {
  const { file, keepOpen = false } = options
  const reason = wrongWith("file", options)
  return reason === undefined
    ? Effect.succeed({ file, bounds: boundsOf(options), keepOpen })
    : Effect.fail(new Misconfigured({ reason }))
}

/** The options of an explorer. */
export interface ExplorerOptions extends BoundOptions {
  /** The path of the file. It need not exist yet. */
  readonly file: string
  /** How long a question may take. A number is milliseconds. Default: 30 seconds. */
  readonly timeout?: Duration.Input | undefined
}

/** Checks the options of a function that returns no Effect. Throws `DefinitionError`. */
export const checkExplorer = (given: ExplorerOptions) => {
  const entity = "DuckDB.explorer"
  const options = Checked.check<ExplorerOptions>(entity, given, {
    file: true,
    memoryLimit: true,
    threads: true,
    timeout: true
  })
  const timeout = Duration.fromInput(options.timeout ?? "30 seconds")
  const detail =
    wrongWith("file", options) ??
    (Option.isNone(timeout) ? 'timeout must be a number of milliseconds, or a string like "10 seconds"' : undefined)
  if (detail !== undefined) throw new DefinitionError({ entity, reason: "BadLimit", paths: [], detail })
  return { file: options.file, bounds: boundsOf(options), timeout: Option.getOrThrow(timeout) }
}

/** The options of a command. */
export interface CommandOptions extends BoundOptions {
  /** The path of a file that exists. */
  readonly file: string
}

/** The options of `prune`. */
export interface PruneOptions extends CommandOptions {
  /** Such as `"400 days"`. A number is milliseconds. */
  readonly olderThan: Duration.Input
}

/** The options of `forget`: of a user, or of an anonymous id. */
export type ForgetOptions = CommandOptions &
  (
    | { readonly userId: string; readonly anonymousId?: never }
    | { readonly anonymousId: string; readonly userId?: never }
  )

const common = { file: true, memoryLimit: true, threads: true } as const

/** Why a command does not run, with its options. */
const wrongCommand = (options: CommandOptions, reason: string | undefined): DuckDBError | undefined => {
  const found = wrongWith("file", options) ?? reason
  return found === undefined ? undefined : wrongOptions(found)
}

/** Checks the options of `prune`. */
export const checkPrune = (given: PruneOptions) => {
  const options = Checked.check<PruneOptions>("DuckDB.prune", given, { ...common, olderThan: true })
  const age = Erasure.ageOf(options.olderThan)
  const wrong = wrongCommand(options, typeof age === "string" ? age : undefined)
  return wrong === undefined
    ? Effect.succeed({ ...options, bounds: boundsOf(options), age: Number(age) })
    : Effect.fail(wrong)
}

/** Checks the options of `forget`. */
export const checkForget = (given: ForgetOptions) => {
  const options = Checked.check<CommandOptions & Erasure.Person>("DuckDB.forget", given, {
    ...common,
    userId: true,
    anonymousId: true
  })
  const id = Erasure.idOf(options)
  const wrong = wrongCommand(options, typeof id === "string" ? id : undefined)
  return wrong === undefined
    ? Effect.succeed({ file: options.file, bounds: boundsOf(options), id: id as Erasure.Id })
    : Effect.fail(wrong)
}

/** The options of what reads a directory of Parquet files. */
export interface DirectoryOptions extends BoundOptions {
  /** The path of the directory. The sink creates it, but not its parent. */
  readonly directory: string
}

/** The options of the sink of Parquet files. */
export interface ParquetOptions extends DirectoryOptions {
  /** The names of events' tables, by event. Default: the event's name in snake_case. */
  readonly tables?: Readonly<Record<string, string>> | undefined
  /** The names of columns, by key. Default: the key. */
  readonly columns?: Readonly<Record<string, string>> | undefined
  /** The sink's name in receipts and logs. Default: `"parquet"`. */
  readonly name?: string | undefined
}

const directoryNames = { directory: true, memoryLimit: true, threads: true } as const

/** Checks the names of the options. */
export const checkParquetNames = (options: ParquetOptions): ParquetOptions =>
  Checked.check<ParquetOptions>("Parquet.sink", options, { ...directoryNames, tables: true, columns: true, name: true })

const directoryOf = (options: DirectoryOptions) => ({ directory: options.directory, bounds: boundsOf(options) })

/** Checks the values of the sink's options. */
export const checkParquet = (options: ParquetOptions) => {
  const reason = wrongWith("directory", options)
  return reason === undefined ? Effect.succeed(directoryOf(options)) : Effect.fail(new Misconfigured({ reason }))
}

/** Checks the options of what reads a directory. */
export const checkDirectory = (name: string, given: DirectoryOptions) => {
  const options = Checked.check<DirectoryOptions>(name, given, directoryNames)
  const reason = wrongWith("directory", options)
  return reason === undefined ? Effect.succeed(directoryOf(options)) : Effect.fail(wrongOptions(reason))
}
