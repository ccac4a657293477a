/** A place in the code. Lines count from 1. */
export interface Place {
  /** Relative to the current folder. */
  readonly file: string
  readonly line: number
}

/** What the code of a service does with the events of its plan. */
export interface Usage {
  /** The files that were searched. */
  readonly files: ReadonlySet<string>
  /** The calls that track each event, by its name: `track`, and functions that pass their event to it. */
  readonly tracked: ReadonlyMap<string, ReadonlyArray<Place>>
  /** Other places that an event reaches, such as an argument of a function, by its name: it may be tracked there. */
  readonly passed: ReadonlyMap<string, ReadonlyArray<Place>>
  /** The names of the events of all plans that the code makes. */
  readonly planned: ReadonlySet<string>
  /** The relations that the code defines, by the entity's name. */
  readonly relations: ReadonlyMap<string, ReadonlySet<string>>
}
