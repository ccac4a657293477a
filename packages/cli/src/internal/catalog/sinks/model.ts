import type { Treatment, View } from "../site/model.ts"

/** What one sink gets of an example of an event or a call. */
export interface SinkView extends Pick<View, "as" | "gets" | "reason"> {
  /** What the sink does with keys that it does not send as they are. */
  readonly keys: ReadonlyMap<string, Treatment>
  /** The names of keys there, where they are others. */
  readonly renamed: ReadonlyMap<string, string>
}

/** What the sinks get. */
export interface SinkViews {
  readonly names: ReadonlyArray<string>
  /** A view for each sink, in the order of the names, by `idOf` of a lock's subject. */
  readonly views: ReadonlyMap<string, ReadonlyArray<SinkView>>
  /** Exports that may be sinks, and cannot be seen without running the service. */
  readonly unseen: ReadonlyArray<string>
}
