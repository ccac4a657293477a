/** What a run and its writers tell each other. */

/** What a writer is started with. */
export interface Order {
  readonly engine: string
  /** Where the engine keeps its tables: an address or a path. */
  readonly place: string
  readonly round: number
  /** How many messages of the round before it sends again. */
  readonly again: number
}

/** Numbers of the round's messages that have a receipt. */
export type News = ReadonlyArray<number>
