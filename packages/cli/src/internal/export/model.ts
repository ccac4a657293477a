/** What a format cannot express. */
export interface Loss {
  /** The event or the call. */
  readonly name: string
  readonly key?: string
  readonly what: string
}

/** Files by name, and what is not in them. */
export interface Exported {
  readonly files: ReadonlyMap<string, string>
  readonly losses: ReadonlyArray<Loss>
}
