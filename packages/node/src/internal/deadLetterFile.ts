import { DefinitionError } from "@trackmap/core/DefinitionError"
import * as Envelope from "@trackmap/core/Envelope"
import * as EventSink from "@trackmap/core/EventSink"
import { check } from "@trackmap/core/Options"
import * as Receipt from "@trackmap/core/Receipt"
import { Misconfigured } from "@trackmap/core/SendError"
import * as Tracker from "@trackmap/core/Tracker"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Schema from "effect/Schema"
import type { Tracking } from "../Tracking.ts"
import { signalOf } from "./checks.ts"
import { run } from "./run.ts"

/** The options of the sink. */
export interface Options {
  /** The file. Its folder must exist. Only the user of the process can read the file (mode 0600). */
  readonly path: string
  /**
   * The maximum size of the file, in bytes. Letters that do not fit are lost, and the log says so. Default: 100 MiB.
   */
  readonly maxBytes?: number | undefined
  /** The name of the sink. Default: `dead letters`. */
  readonly name?: string | undefined
}

/** The result of a replay. */
export interface Replayed {
  /** Messages that a sink has now delivered. */
  readonly delivered: number
  /** Messages that all sinks skipped, because of missing consent or a filter. */
  readonly skipped: number
  /** Messages that were lost again. They stay in the file. */
  readonly kept: number
  /** Lines that are not an envelope, or are an envelope of a newer version. They stay in the file. */
  readonly unreadable: number
}

/** The options of a replay. */
export interface ReplayOptions {
  readonly path: string
  /**
   * Stops the replay after the messages in progress, and rejects with the signal's reason. The next replay continues
   * there.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * The replay cannot read or write its file. `code` is the system's error code, such as `EACCES`; `cause` is the
 * system's error.
 */
export class ReplayFailed extends Schema.TaggedError<ReplayFailed>("@trackmap/node/DeadLetterFile/ReplayFailed")(
  "ReplayFailed",
  { code: Schema.String, cause: Schema.Defect() }
) {
  override get message(): string {
    return `cannot replay the file at path (${this.code}): allow the process to read and write the file and its folder, and replay it again. No letter is lost`
  }
}

/** Loaded on demand, so that a bundle for a platform without a file system resolves. */
const fs = () => process.getBuiltinModule("node:fs")

const refused = (option: string, detail: string): DefinitionError =>
  new DefinitionError({ entity: "DeadLetterFile", reason: "BadPath", paths: [option], detail })

/** The path may come from an unset environment variable. */
const pathOf = (options: { readonly path: string }): string => {
  const path: unknown = (options as typeof options | undefined)?.path
  if (typeof path === "string" && path !== "") return path
  const found = path === "" ? "an empty string" : typeof path
  throw refused(
    "path",
    `path must be the path of a file, not ${found}. If it comes from an environment variable, set it.`
  )
}

/** Only the user of the process may read letters. */
const mode = 0o600

const codeOf = (thrown: unknown): string =>
  typeof thrown === "object" && thrown !== null && "code" in thrown ? String(thrown.code) : "an unknown error"

const sizeOf = (path: string): number => fs().statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Whether the last line of a file is incomplete, because a write was cut off. */
const isTorn = (path: string): boolean => {
  const size = sizeOf(path)
  if (size === 0) return false
  const fd = fs().openSync(path, "r")
  try {
    const last = new Uint8Array(1)
    fs().readSync(fd, last, 0, 1, size - 1)
    return last[0] !== 0x0a
  } finally {
    fs().closeSync(fd)
  }
}

const append = (path: string, lines: ReadonlyArray<string>): void => {
  if (lines.length === 0) return
  fs().appendFileSync(path, `${isTorn(path) ? "\n" : ""}${lines.join("\n")}\n`, { mode })
}

export const sink = (options: Options): EventSink.EventSink => {
  const path = pathOf(options)
  const names = { path: true, maxBytes: true, name: true } as const
  const { maxBytes = 100 * 1024 * 1024, name = "dead letters" } = check<Options>("DeadLetterFile", options, names)
  if (!(typeof maxBytes === "number" && maxBytes > 0)) {
    const found = typeof maxBytes === "number" ? maxBytes : `a value of type ${typeof maxBytes}`
    throw refused("maxBytes", `maxBytes must be a positive number of bytes, not ${found}`)
  }
  const send: EventSink.Send = (batch) =>
    Effect.sync(() => {
      let bytes = sizeOf(path)
      const lines: Array<string> = []
      const fits = batch.envelopes.map((envelope) => {
        const line = Envelope.toJson(envelope)
        const size = Buffer.byteLength(line) + 1
        if (bytes + size > maxBytes) return false
        bytes += size
        lines.push(line)
        return true
      })
      try {
        append(path, lines)
      } catch (thrown) {
        return batch.all(Receipt.rejected(`cannot write the file (${codeOf(thrown)})`))
      }
      const full = Receipt.rejected(`the file is full (maxBytes is ${maxBytes}): replay it`)
      return fits.map((fit) => (fit ? Receipt.delivered : full))
    })
  return EventSink.make({
    name,
    limits: { messages: 1_000 },
    open: () =>
      Effect.try({
        try: () => {
          fs().closeSync(fs().openSync(path, "a", mode))
          fs().chmodSync(path, mode)
          return send
        },
        catch: (thrown) =>
          new Misconfigured({
            reason: `cannot open the file at path (${codeOf(thrown)}): create its folder, and allow the process to write there`
          })
      })
  }) as EventSink.EventSink
}

/** The number of letters after which the replay records its progress. */
const together = 100

/** The lines of a file after a byte, in groups, and the byte after each group. */
function* groupsOf(
  path: string,
  from: number
): Generator<{ readonly lines: ReadonlyArray<string>; readonly to: number }> {
  if (sizeOf(path) <= from) return
  let at = from
  let length = 1 << 20
  for (;;) {
    const chunk = Buffer.alloc(length)
    const fd = fs().openSync(path, "r")
    let count: number
    try {
      count = fs().readSync(fd, chunk, 0, length, at)
    } finally {
      fs().closeSync(fd)
    }
    if (count === 0) return
    let lines: Array<string> = []
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0 && end < count; end = chunk.indexOf(0x0a, start)) {
      lines.push(chunk.toString("utf8", start, end))
      start = end + 1
      if (lines.length < together) continue
      yield { lines, to: at + start }
      lines = []
    }
    // A line that was cut off is the last one.
    if (start === 0 && count < length) {
      lines.push(chunk.toString("utf8", 0, count))
      start = count
    }
    if (lines.length > 0) yield { lines, to: at + start }
    if (start === 0) length *= 2
    at += start
  }
}

const keyOf = ({ letter, message }: Envelope.Envelope): string => JSON.stringify([message.messageId, letter?.sink])

const read = (line: string): Envelope.Envelope | undefined => {
  try {
    return Envelope.fromJson(line)
  } catch {
    return undefined
  }
}

/** The envelope of a message that was lost again. */
const again = (envelope: Envelope.Envelope, { at, attempts, outcome, sink }: Receipt.Receipt): Envelope.Envelope => ({
  ...envelope,
  letter: { sink, outcome, attempts: (envelope.letter?.attempts ?? 0) + attempts, at }
})

/** The file for the letters of a replay. */
interface Destination<E, R> {
  readonly send: (envelope: Envelope.Envelope) => Effect.Effect<ReadonlyArray<Receipt.Receipt>, unknown, R>
  readonly flush: Effect.Effect<unknown, E, R>
}

/** A step on files. */
const onFiles = <A>(step: () => A): Effect.Effect<A, ReplayFailed> =>
  Effect.try({ try: step, catch: (cause) => new ReplayFailed({ code: codeOf(cause), cause }) })

/** The letters of a group that were lost again, and are not in the file. */
const notIn = (
  path: string,
  from: number,
  lost: ReadonlyArray<Envelope.Envelope>
): ReadonlyArray<Envelope.Envelope> => {
  const written = new Set<string>()
  for (const { lines } of groupsOf(path, Math.min(from, sizeOf(path)))) {
    for (const line of lines) {
      const envelope = read(line)
      if (envelope !== undefined) written.add(keyOf(envelope))
    }
  }
  return lost.filter((envelope) => !written.has(keyOf(envelope)))
}

/** Ends between two groups if it is interrupted. */
const replayTo = <E, R>(to: Destination<E, R>, path: string): Effect.Effect<Replayed, E | ReplayFailed, R> =>
  Effect.gen(function* () {
    const replayed = { delivered: 0, skipped: 0, kept: 0, unreadable: 0 }
    const [work, done] = [`${path}.replay`, `${path}.replay.done`]
    const isThere = yield* onFiles(() => {
      // Finish an interrupted replay first.
      if (fs().existsSync(work)) return true
      if (sizeOf(path) === 0) return false
      fs().rmSync(done, { force: true })
      fs().renameSync(path, work)
      return true
    })
    if (!isThere) return replayed
    const from = yield* onFiles(() => (fs().existsSync(done) ? Number(fs().readFileSync(done, "utf8")) : 0))
    const seen = new Set<string>()
    const replayGroup = Effect.fnUntraced(function* (lines: ReadonlyArray<string>, end: number) {
      const keep: Array<string> = []
      const lost: Array<Envelope.Envelope> = []
      const replayLine = (line: string): Effect.Effect<void, never, R> => {
        if (line === "") return Effect.void
        const envelope = read(line)
        if (envelope === undefined) {
          replayed.unreadable++
          keep.push(line)
          return Effect.void
        }
        const key = keyOf(envelope)
        if (seen.has(key)) return Effect.void
        seen.add(key)
        return Effect.matchCause(to.send(envelope), {
          onFailure: () => void lost.push(envelope),
          onSuccess: (receipts) => {
            const bad = receipts.find(({ outcome }) => Receipt.isLost(outcome))
            if (bad !== undefined) lost.push(again(envelope, bad))
            else if (receipts.some(({ outcome }) => outcome._tag === "Delivered")) replayed.delivered++
            else replayed.skipped++
          }
        })
      }
      const before = yield* onFiles(() => sizeOf(path))
      yield* Effect.forEach(lines, replayLine, { concurrency: "unbounded", discard: true })
      if (lost.length > 0) {
        // The sinks may have written their letters to the same file.
        yield* to.flush
        replayed.kept += lost.length
        keep.push(...(yield* onFiles(() => notIn(path, before, lost))).map(Envelope.toJson))
      }
      yield* onFiles(() => {
        append(path, keep)
        fs().writeFileSync(`${done}.new`, String(end), { mode })
        fs().renameSync(`${done}.new`, done)
      })
    })
    const groups = groupsOf(work, from)
    for (;;) {
      const next = yield* onFiles(() => groups.next())
      if (next.done === true) break
      yield* Effect.uninterruptible(replayGroup(next.value.lines, next.value.to))
    }
    yield* onFiles(() => {
      fs().rmSync(work)
      fs().rmSync(done, { force: true })
    })
    return replayed
  })

export const replay = async (tracking: Pick<Tracking, "flush" | "send">, options: ReplayOptions): Promise<Replayed> => {
  const to = {
    send: (envelope: Envelope.Envelope) => Effect.tryPromise(async () => (await tracking.send(envelope)).receipts),
    flush: Effect.tryPromise({ try: () => tracking.flush(), catch: identity })
  }
  const path = pathOf(options)
  check<ReplayOptions>("DeadLetterFile.replay", options, { path: true, signal: true })
  return run(replayTo(to, path), { signal: signalOf(options) })
}

export const replayEffect = (
  options: Pick<ReplayOptions, "path">
): Effect.Effect<Replayed, ReplayFailed, Tracker.Tracker> => {
  const path = pathOf(options)
  check("DeadLetterFile.replayEffect", options, { path: true })
  return Effect.flatMap(Tracker.Tracker, (tracker) => {
    const send = (envelope: Envelope.Envelope) => Effect.flatMap(tracker.send(envelope), ({ receipts }) => receipts)
    return replayTo({ send, flush: tracker.flush }, path)
  })
}
