import { realpathSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { DuckDBError } from "../../DuckDBError.ts"
import type { Bounds } from "../bounds.ts"
import { create } from "./create.ts"
import { faultOf, isLocked } from "./fault.ts"

/** DuckDB for Node.js. Its binary is large, so it is loaded only when a file is opened. */
export type Binding = typeof import("@duckdb/node-api")

/** An open connection. */
export interface Session {
  readonly binding: Binding
  readonly connection: DuckDBConnection
  /** Whether its instance was closed because of an error of another session. */
  readonly isClosed: boolean
}

/** An instance that is open in this process, and its sessions. */
interface Open {
  readonly instance: Promise<DuckDBInstance>
  readonly sessions: Set<{ readonly connection: DuckDBConnection; isClosed: boolean }>
  holders: number
}

/**
 * A file that this process has open, or will have. Two instances on one file would lose the rows of one of them, so that all that this process
 * does with a file shares one.
 */
export interface Database {
  /** The path, with symbolic links resolved. */
  readonly path: string
  /** One writes, or another process reads for this one, at a time. */
  readonly turn: Semaphore.Semaphore
  open: Open | undefined
}

/** Another copy of the package shares the files, too. */
const registry: Map<string, Database> = ((globalThis as Record<symbol, unknown>)[
  Symbol.for("@trackmap/duckdb/databases")
] ??= new Map()) as Map<string, Database>

/** The path without symbolic links. The file need not exist. */
const realPathOf = (file: string): string => {
  const path = resolve(file)
  try {
    return realpathSync(path)
  } catch {
    const folder = dirname(path)
    return folder === path ? path : join(realPathOf(folder), basename(path))
  }
}

export const databaseOf = (file: string): Database => {
  const path = realPathOf(file)
  const found = registry.get(path)
  if (found !== undefined) return found
  const made: Database = { path, turn: Semaphore.makeUnsafe(1), open: undefined }
  registry.set(path, made)
  return made
}

/** Extensions are never loaded, and no SQL can reach other files or the network. */
const configOf = ({ memoryLimit, threads }: Bounds): Record<string, string> => ({
  memory_limit: memoryLimit,
  threads: String(threads),
  enable_external_access: "false",
  autoload_known_extensions: "false",
  autoinstall_known_extensions: "false",
  allow_community_extensions: "false"
})

/** What DuckDB sets only in an open instance. Times are written and read in UTC, whatever the machine's time zone. */
const secure = "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL lock_configuration = true"

const start = async (binding: Binding, path: string, bounds: Bounds): Promise<DuckDBInstance> => {
  await create(path, async (beside) => (await binding.DuckDBInstance.create(beside, configOf(bounds))).closeSync())
  const instance = await binding.DuckDBInstance.fromCache(path, configOf(bounds))
  const connection = await instance.connect()
  // It fails only if other code of this process shares the instance, and this was done already.
  await connection.run(secure).catch(() => {})
  connection.closeSync()
  return instance
}

const leave = (database: Database, open: Open): void => {
  if (--open.holders > 0) return
  if (database.open === open) database.open = undefined
  // It is open already, or has failed to open.
  void open.instance.then(
    (instance) => instance.closeSync(),
    () => {}
  )
}

const openOnce = async (database: Database, binding: Binding, bounds: Bounds) => {
  const open = (database.open ??= {
    instance: start(binding, database.path, bounds),
    sessions: new Set(),
    holders: 0
  })
  open.holders++
  try {
    const instance = await open.instance
    const session = { binding, connection: await instance.connect(), isClosed: false }
    open.sessions.add(session)
    return { open, session }
  } catch (cause) {
    leave(database, open)
    throw cause
  }
}

const load = Effect.promise((): Promise<Binding> => import("@duckdb/node-api"))

/** How long to wait before a locked file is tried again. Readers are quick. */
const pause = 25

/** Runs again while another process has the file open, for some milliseconds. */
export const whileLocked = <A, E, R>(
  attempt: Effect.Effect<A, E | DuckDBError, R>,
  patience: number
): Effect.Effect<A, E | DuckDBError, R> =>
  attempt.pipe(
    Effect.catch((error) =>
      error instanceof DuckDBError && isLocked(error) && patience > 0
        ? Effect.andThen(Effect.sleep(pause), whileLocked(attempt, patience - pause))
        : Effect.fail(error)
    )
  )

/**
 * A connection, until the scope closes. The last one to close closes the file. Waits for another process that has the file open, for `patience`
 * milliseconds.
 */
export const connect = (
  database: Database,
  bounds: Bounds,
  patience: number
): Effect.Effect<Session, DuckDBError, Scope.Scope> =>
  Effect.flatMap(load, (binding) =>
    whileLocked(
      // An attempt runs to its end, so that nothing stays open; between attempts it can be interrupted.
      Effect.acquireRelease(
        Effect.tryPromise({
          try: () => openOnce(database, binding, bounds),
          catch: (cause) => faultOf(database.path, cause)
        }),
        ({ open, session }) =>
          Effect.sync(() => {
            open.sessions.delete(session)
            if (session.isClosed) return
            session.connection.closeSync()
            leave(database, open)
          })
      ),
      patience
    )
  ).pipe(Effect.map(({ session }) => session))

/** Closes an instance that is of no more use, with its sessions: they notice, and open the file again. */
export const discard = (database: Database): void => {
  const { open } = database
  if (open === undefined) return
  database.open = undefined
  for (const session of open.sessions) {
    session.isClosed = true
    session.connection.closeSync()
  }
  void open.instance.then(
    (instance) => instance.closeSync(),
    () => {}
  )
}

/** Whether this process has the file open. */
export const isOpen = (database: Database): boolean => database.open !== undefined
