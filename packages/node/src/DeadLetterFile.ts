/**
 * A file of dead letters, and its replay. Each line is the JSON of one `Envelope`. Writing is synchronous, so that no letter is lost if a
 * process exits at once.
 *
 * @example
 * ```ts
 * import { DeadLetterFile, EventSink, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
 * import { mkdtempSync } from "node:fs"
 * import { tmpdir } from "node:os"
 * import { join } from "node:path"
 *
 * let isWell = false
 * const vendor = EventSink.make({
 *   name: "vendor",
 *   send: async (batch) => batch.all(isWell ? Receipt.delivered : Receipt.rejected("it is down"))
 * })
 * const path = join(mkdtempSync(join(tmpdir(), "letters-")), "letters.jsonl")
 * const sinks = vendor.pipe(EventSink.deadLetter(DeadLetterFile.sink({ path })))
 *
 * const SignedOut = TrackedEvent.make("signedOut")
 * await using tracking = Tracking.make({ sinks, log: () => {} })
 * await tracking.track(SignedOut, {})
 * await tracking.flush()
 *
 * isWell = true
 * console.log(await DeadLetterFile.replay(tracking, { path })) // { delivered: 1, skipped: 0, kept: 0, unreadable: 0 }
 * ```
 *
 * @module
 */
import type { EventSink } from "@trackmap/core/EventSink"
import type { Tracker } from "@trackmap/core/Tracker"
import type { Effect } from "effect/Effect"
import * as file from "./internal/deadLetterFile.ts"
import type { Options, Replayed, ReplayFailed, ReplayOptions } from "./internal/deadLetterFile.ts"
import type { Tracking } from "./Tracking.ts"

export { ReplayFailed } from "./internal/deadLetterFile.ts"
export type { Options, Replayed, ReplayOptions }

/**
 * A sink that appends dead letters to a file, for `EventSink.deadLetter`. It writes the messages that the other sink would have sent, before it
 * changes names and keys: behind `redact`, they contain no personal data. Several processes can share a file.
 */
export const sink: (options: Options) => EventSink = file.sink

/**
 * Sends the dead letters of a file again, with the same ids, each to the sink that lost it. Sinks can append to the file meanwhile. Letters that
 * are lost again stay in the file, with their new reason.
 *
 * If the process ends during a replay, nothing is lost: the letters are in `PATH.replay` until the replay is over, and the next replay continues
 * after the last hundred that it completed. So a vendor can get some messages twice, and can drop the duplicates by their ids. Run one replay of
 * a file at a time.
 *
 * Rejects with `ReplayFailed` if it cannot read or write the file.
 */
export const replay: (tracking: Pick<Tracking, "flush" | "send">, options: ReplayOptions) => Promise<Replayed> =
  file.replay

/**
 * `replay` with Effect: to the tracker in the context. If you interrupt it, it stops after the messages in progress.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
 * import { DeadLetterFile } from "@trackmap/node"
 * import * as Effect from "effect/Effect"
 * import * as Logger from "effect/Logger"
 * import { mkdtempSync } from "node:fs"
 * import { tmpdir } from "node:os"
 * import { join } from "node:path"
 *
 * let isWell = false
 * const vendor = EventSink.make({
 *   name: "vendor",
 *   send: (batch) => Effect.sync(() => batch.all(isWell ? Receipt.delivered : Receipt.rejected("it is down")))
 * })
 * const path = join(mkdtempSync(join(tmpdir(), "letters-")), "letters.jsonl")
 * const sinks = vendor.pipe(EventSink.deadLetter(DeadLetterFile.sink({ path })))
 *
 * const SignedOut = TrackedEvent.make("signedOut")
 * const program = Effect.gen(function* () {
 *   yield* Tracker.track(SignedOut, {})
 *   yield* Tracker.flush
 *   isWell = true
 *   console.log(yield* DeadLetterFile.replayEffect({ path })) // { delivered: 1, skipped: 0, kept: 0, unreadable: 0 }
 * })
 * await Effect.runPromise(program.pipe(Effect.provide(Tracker.layer(sinks)), Effect.provide(Logger.layer([]))))
 * ```
 */
export const replayEffect: (options: Pick<ReplayOptions, "path">) => Effect<Replayed, ReplayFailed, Tracker> =
  file.replayEffect
