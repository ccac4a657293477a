/** The operations of an outbox, for code that uses promises. */
import type * as Effect from "effect/Effect"
import type { OutboxError } from "../../OutboxError.ts"
import type { DeadLetter, LettersOptions, ReplayOptions, Retention, Service, SinkStats } from "../../OutboxStore.ts"

/** The outbox of a relay. Each operation rejects with `OutboxError`. */
export interface Operations {
  readonly stats: () => Promise<ReadonlyArray<SinkStats>>
  /** Dead letters, the newest first. */
  readonly letters: (options?: LettersOptions) => Promise<ReadonlyArray<DeadLetter>>
  readonly letter: (sink: string, id: string) => Promise<DeadLetter | undefined>
  /** Makes messages due for their sinks at once, and returns their number. */
  readonly replay: (options: ReplayOptions) => Promise<number>
  /** Deletes all messages of a user, and returns their number. It reads the whole log. */
  readonly erase: (userId: string) => Promise<number>
  /** Deletes what the retention no longer keeps. Run it every few minutes. */
  readonly sweep: (retention?: Retention) => Promise<number>
}

export const operations = (
  store: Service,
  run: <A>(effect: Effect.Effect<A, OutboxError>) => Promise<A>
): Operations => ({
  stats: () => run(store.stats),
  letters: (options) => run(store.letters(options)),
  letter: (sink, id) => run(store.letter(sink, id)),
  replay: (options) => run(store.replay(options)),
  erase: (userId) => run(store.erase(userId)),
  sweep: (retention) => run(store.sweep(retention))
})
