/** What the processes of a run tell each other. */

/** A database that all processes of a run share. */
export type Database =
  | { readonly kind: "sqlite"; readonly filename: string }
  | {
      readonly kind: "postgres"
      readonly url: string
      /** The time of a partition, in milliseconds. */
      readonly partition?: number | undefined
    }

/** Where the processes of a run work. */
export interface Place {
  readonly database: Database
  readonly segment: string
  readonly mixpanel: string
  /** In milliseconds. */
  readonly lease: number
  /** How long a sink retries, in milliseconds. Default: that of the package. */
  readonly retries?: number | undefined
}

/** One burst of transactions. */
export interface Burst {
  readonly round: number
  readonly seed: number
  readonly writers: number
}

/** From the run to a process. A process is a service or a relay from its first message on. */
export type Order =
  | { readonly do: "relay"; readonly place: Place }
  | { readonly do: "service"; readonly place: Place }
  | { readonly do: "write"; readonly burst: Burst }
  /** Runs the migrations of a version of the outbox that does not exist yet. */
  | { readonly do: "migrate"; readonly place: Place }

/** From a process to the run. */
export type News =
  | { readonly is: "loaded" }
  | { readonly is: "ready" }
  | { readonly is: "written"; readonly transactions: number }
  | { readonly is: "logged"; readonly line: string }
