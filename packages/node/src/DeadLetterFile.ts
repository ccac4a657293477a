/**
 * A file of dead letters, and its replay. Each line is the JSON of one `Envelope`. Writing is synchronous, so that a process that exits at once
 * leaves none behind.
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
 * A sink that appends dead letters to a file, for `EventSink.deadLetter`. It writes what the sink that lost them would have sent, but for the
 * names and the case of keys: a sink that redacts leaves no personal data here. Several processes can share a file.
 */
export const sink: (options: Options) => EventSink = file.sink

/**
 * Sends the dead letters of a file again, with the same ids, each to the sink that lost it. Sinks still append to the file meanwhile. What is lost
 * again stays in the file, with its new reason.
 *
 * A process that ends in the middle loses nothing: the letters are in `PATH.replay` until the replay is over, and the next replay continues after
 * the last hundred that were done. So a vendor can get some messages twice, and drops the second by its id. Run one replay of a file at a time.
 *
 * Rejects with `ReplayFailed` if the file cannot be read or written.
 */
export const replay: (tracking: Pick<Tracking, "flush" | "send">, options: ReplayOptions) => Promise<Replayed> =
  file.replay

/**
 * `replay` with Effect: to the tracker of the context. If it is interrupted, it stops after the messages in progress.
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
