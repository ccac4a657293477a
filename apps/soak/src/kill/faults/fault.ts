import type { Kind, Scene } from "./scene.ts"

/** A scenario: something breaks while services write and relays send. */
export interface Fault {
  readonly name: string
  /** What happens, for people. */
  readonly about: string
  readonly databases: ReadonlyArray<Kind>
  /** Whether it begins without any table. Default: with all of them. */
  readonly bare?: boolean | undefined
  /** Settings of its PostgreSQL server. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** The size of a small file system in memory that it needs, in megabytes. */
  readonly small?: Partial<Readonly<Record<Kind, number>>> | undefined
  /** What of PostgreSQL is on the small file system. Default: all of its data. */
  readonly tablespace?: boolean | undefined
  readonly run: (scene: Scene) => Promise<void>
}

export const both: ReadonlyArray<Kind> = ["sqlite", "postgres"]
