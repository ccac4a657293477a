import { randomUUID } from "node:crypto"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Config from "effect/Config"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { afterAll, inject } from "vitest"
import "../../../compat/src/postgres/setup.ts"

const server = inject("postgres")

/** Why there is no PostgreSQL here, if there is none. */
export const unavailable = "unavailable" in server ? server.unavailable : undefined

/** A client of a database. */
export const clientOf = (url: string, maxConnections = 20) =>
  PgClient.layerConfig({ url: Config.succeed(Redacted.make(url)), maxConnections: Config.succeed(maxConnections) })

const address = "unavailable" in server ? "" : server.address

const shared = ManagedRuntime.make(clientOf(address))

/** A client of the shared server. The tests of a file have one pool. */
export const client = Layer.effectContext(shared.contextEffect)

afterAll(() => shared.dispose())

let schemas = 0

/** A schema that no other test has. */
export const nextSchema = (): string => `${prefix}_${++schemas}`

const prefix = `t${randomUUID().slice(0, 8)}`
