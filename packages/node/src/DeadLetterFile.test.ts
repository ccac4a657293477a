import * as EffectSink from "@trackmap/core/EventSink"
import * as Tracker from "@trackmap/core/Tracker"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { spawnSync } from "node:child_process"
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { Actor, DeadLetterFile, Envelope, EventSink, Plan, Receipt, TrackedEvent, Tracking } from "./index.ts"

const folder = mkdtempSync(join(tmpdir(), "trackmap-letters-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = () => join(folder, `${++files}.jsonl`)

const Ping = TrackedEvent.make("ping", { purposes: ["analytics"] })
const plan = Plan.make(Ping)

/** A vendor that is down until it is well. */
const vendor = (path: string, options?: Partial<DeadLetterFile.Options>) => {
  const state = { isWell: false, got: [] as Array<string> }
  const own = EventSink.make({
    name: "vendor",
    send: async (batch) => {
      if (!state.isWell) return batch.all(Receipt.rejected("down"))
      for (const { messageId } of batch) state.got.push(messageId)
      return batch.all(Receipt.delivered)
    }
  })
  const lines: Array<string> = []
  const tracking = Tracking.make({
    plan,
    sinks: own.pipe(EventSink.deadLetter(DeadLetterFile.sink({ path, ...options }))),
    flushAtExit: false,
    log: ({ message }) => void lines.push(message)
  })
  return { state, tracking, lines }
}

const track = (tracking: Tracking.Tracking, count: number) =>
  Actor.run({ userId: "u", consent: new Set(["analytics"]) }, () =>
    Promise.all(Array.from({ length: count }, async () => (await tracking.track(Ping, {})).messageId))
  )

const linesOf = (path: string): ReadonlyArray<Envelope.Envelope> =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1).map(Envelope.fromJson) : []
const idsOf = (path: string): ReadonlyArray<string> => linesOf(path).map(({ message }) => message.messageId)

describe("a file of dead letters", () => {
  it("holds an envelope a line, which only its user can read", async () => {
    const path = newPath()
    writeFileSync(path, "", { mode: 0o644 })
    const { tracking } = vendor(path)
    const ids = await track(tracking, 3)
    await tracking.close()
    assert.deepStrictEqual(idsOf(path), ids)
    assert.deepInclude(linesOf(path)[0]!.letter, { sink: "vendor", outcome: Receipt.rejected("down"), attempts: 1 })
    assert.strictEqual(statSync(path).mode & 0o777, 0o600)
  })

  it("keeps every letter of a replay whose tracking takes none, once, in their order", async () => {
    const path = newPath()
    const { tracking } = vendor(path)
    const ids = await track(tracking, 3)
    await tracking.close()
    const refusing = { send: () => Promise.reject(new Error("closed")), flush: tracking.flush }
    assert.deepInclude(await DeadLetterFile.replay(refusing, { path }), { delivered: 0, kept: 3 })
    assert.deepStrictEqual(idsOf(path), ids)
  })

  it("sends a letter that stands twice in a file once, and passes over empty lines", async () => {
    const path = newPath()
    const { tracking } = vendor(path)
    const ids = await track(tracking, 2)
    await tracking.close()
    const text = readFileSync(path, "utf8")
    writeFileSync(path, `\n${text}\n\n${text}`)
    const again = vendor(newPath())
    again.state.isWell = true
    assert.deepInclude(await DeadLetterFile.replay(again.tracking, { path }), { delivered: 2, kept: 0, unreadable: 0 })
    assert.deepStrictEqual(again.state.got, ids)
    await again.tracking.close()
  })

  it("skips what needs a consent that its actor has not given", async () => {
    const path = newPath()
    const { state, tracking } = vendor(path)
    await track(tracking, 1)
    await tracking.close()
    const [letter] = linesOf(path)
    writeFileSync(path, `${Envelope.toJson({ ...letter!, consent: [] })}\n`)
    const again = vendor(newPath())
    again.state.isWell = true
    assert.deepInclude(await DeadLetterFile.replay(again.tracking, { path }), { delivered: 0, kept: 0, skipped: 1 })
    assert.deepStrictEqual([...state.got, ...again.state.got], [])
    await again.tracking.close()
  })

  it.each([undefined, null, {}, { path: undefined }, { path: "" }, { path: 1 }])(
    "is refused where it has no path, as from a variable that is not set: %o",
    async (options) => {
      assert.throws(
        () => DeadLetterFile.sink(options as never),
        /DeadLetterFile: path must be the path of a file, not /
      )
      const tracking = { send: () => Promise.reject(new Error("not reached")), flush: async () => ({}) as never }
      const thrown: unknown = await DeadLetterFile.replay(tracking, options as never).catch((error: unknown) => error)
      assert.match(String(thrown), /path must be the path of a file/)
    }
  )

  it("is refused with other options that cannot be", async () => {
    const path = newPath()
    const sinkOf = (options: object) => () => DeadLetterFile.sink({ path, ...options })
    assert.throws(sinkOf({ maxbytes: 1 }), /DeadLetterFile: it has no option "maxbytes": did you mean maxBytes\?/)
    assert.throws(
      sinkOf({ maxBytes: "10 MB" }),
      /maxBytes must be a positive number of bytes, not a value of type string/
    )
    assert.throws(sinkOf({ maxBytes: Number.NaN }), /not NaN/)
    const { tracking } = vendor(path)
    for (const wrong of [{ signal: new AbortController() }, { singal: undefined, paht: path }]) {
      const replaying = DeadLetterFile.replay(tracking, { path, ...wrong } as never)
      const error: unknown = await replaying.catch((thrown: unknown) => thrown)
      assert.match(String(error), /signal must be an AbortSignal|did you mean path/)
    }
    await tracking.close()
  })

  it("starts a new line behind one that was cut off", async () => {
    const path = newPath()
    appendFileSync(path, '{"message":{"ty')
    const { tracking } = vendor(path)
    const [id] = await track(tracking, 1)
    await tracking.close()
    const [torn, line] = readFileSync(path, "utf8").split("\n")
    assert.strictEqual(torn, '{"message":{"ty')
    assert.strictEqual(Envelope.fromJson(line!).message.messageId, id)
  })

  it("is bounded, and says what to do", async () => {
    const path = newPath()
    const { lines, tracking } = vendor(path, { maxBytes: 2_000 })
    await track(tracking, 20)
    await tracking.close()
    assert.isAtMost(statSync(path).size, 2_000)
    assert.isAbove(linesOf(path).length, 1)
    assert.include(lines.join("\n"), "the file is full (maxBytes is 2000): replay it")
  })

  it("has a tracking not start if it cannot be written, and names the remedy", () => {
    try {
      vendor(join(folder, "none", "letters.jsonl"))
      assert.fail("it started")
    } catch (error) {
      assert.include(String(error), "cannot open the file at path (ENOENT): create its folder")
    }
    const { tracking } = vendor(newPath())
    return tracking.close()
  })

  it("says why letters were lost if it cannot be written later", async () => {
    const path = join(mkdtempSync(join(folder, "gone-")), "letters.jsonl")
    const { lines, tracking } = vendor(path)
    rmSync(join(path, ".."), { recursive: true })
    await track(tracking, 1)
    await tracking.close()
    assert.include(lines.join("\n"), "a dead letter was lost (rejected: cannot write the file (ENOENT)): ping")
  })
})

describe("a replay", () => {
  it("sends every letter again, with its id and its consent, and leaves nothing", async () => {
    const path = newPath()
    const { state, tracking } = vendor(path)
    const ids = await track(tracking, 250)
    await tracking.flush()
    state.isWell = true
    assert.deepStrictEqual(await DeadLetterFile.replay(tracking, { path }), {
      delivered: 250,
      skipped: 0,
      kept: 0,
      unreadable: 0
    })
    assert.deepStrictEqual(state.got.toSorted(), ids.toSorted())
    assert.isFalse(existsSync(path) || existsSync(`${path}.replay`) || existsSync(`${path}.replay.done`))
    assert.deepInclude(await DeadLetterFile.replay(tracking, { path }), { delivered: 0, kept: 0 })
    await tracking.close()
  })

  it.each([
    ["written by its sink", true],
    ["written by nobody else", false]
  ])("keeps what is lost again, once (%s), and what it cannot read", async (_, own) => {
    const path = newPath()
    const first = vendor(path)
    const ids = await track(first.tracking, 120)
    await first.tracking.close()
    appendFileSync(path, '{"format":3}\n{"message":{"ty')
    const again = vendor(own ? path : newPath())
    const replayed = await DeadLetterFile.replay(again.tracking, { path })
    await again.tracking.close()
    assert.deepStrictEqual(replayed, { delivered: 0, skipped: 0, kept: 120, unreadable: 2 })
    const kept = readFileSync(path, "utf8").split("\n").slice(0, -1)
    const readable = kept.filter((line) => line.includes('"letter"')).map(Envelope.fromJson)
    assert.deepStrictEqual(readable.map(({ message }) => message.messageId).toSorted(), ids.toSorted())
    assert.lengthOf(kept, 122)
  })

  it("that was cut off loses nothing: the next one continues, and sends no more twice than were in progress", async () => {
    const path = newPath()
    const { state, tracking } = vendor(path)
    const ids = await track(tracking, 500)
    await tracking.flush()
    state.isWell = true
    const controller = new AbortController()
    let sends = 0
    const stopping: Pick<Tracking.Tracking, "flush" | "send"> = {
      flush: tracking.flush,
      send: (message) => {
        if (++sends === 250) controller.abort(new Error("the process ends"))
        return tracking.send(message)
      }
    }
    const error = await DeadLetterFile.replay(stopping, { path, signal: controller.signal }).catch((thrown) => thrown)
    assert.strictEqual(error.message, "the process ends")
    assert.isAtMost(state.got.length, 300)
    // Letters that arrive meanwhile go to a new file.
    state.isWell = false
    const more = await track(tracking, 5)
    await tracking.flush()
    state.isWell = true
    assert.deepInclude(await DeadLetterFile.replay(tracking, { path }), { delivered: 200 })
    assert.deepInclude(await DeadLetterFile.replay(tracking, { path }), { delivered: 5 })
    assert.deepStrictEqual(state.got.toSorted(), [...ids, ...more].toSorted())
    await tracking.close()
  })

  it("goes on after a process that was killed in the middle", async () => {
    const path = newPath()
    const { state, tracking } = vendor(path)
    const ids = await track(tracking, 300)
    await tracking.flush()
    const killed = spawnSync(process.execPath, [join(import.meta.dirname, "../test/replay.ts"), path])
    assert.strictEqual(killed.signal, "SIGKILL", String(killed.stderr))
    const before = new Set(String(killed.stdout).trim().split("\n"))
    assert.isAbove(before.size, 100)
    state.isWell = true
    const { delivered } = await DeadLetterFile.replay(tracking, { path })
    assert.isAtMost(delivered, 200)
    assert.deepStrictEqual([...new Set([...before, ...state.got])].toSorted(), ids.toSorted())
    await tracking.close()
  })
})

describe("a replay with Effect", () => {
  /** Letters in a file, and a tracker whose vendor accepts messages on demand. */
  const setup = async (count: number) => {
    const path = newPath()
    const { tracking } = vendor(path)
    const ids = await track(tracking, count)
    await tracking.close()
    const got: Array<string> = []
    const gate = Deferred.makeUnsafe<void>()
    const sink = EffectSink.make({
      name: "vendor",
      send: (batch) =>
        Effect.as(
          Effect.tap(Deferred.await(gate), () =>
            Effect.sync(() => got.push(...batch.map(({ messageId }) => messageId)))
          ),
          batch.all(Receipt.delivered)
        )
    })
    const run = <A, E>(effect: Effect.Effect<A, E, Tracker.Tracker>) =>
      Effect.runPromise(Effect.provide(effect, Tracker.layer(sink)))
    return { path, ids, got, open: Deferred.succeed(gate, undefined), run }
  }

  it("sends every letter to the tracker of its context, and leaves nothing", async () => {
    const { got, ids, open, path, run } = await setup(250)
    const replayed = await run(Effect.andThen(open, DeadLetterFile.replayEffect({ path })))
    assert.deepStrictEqual(replayed, { delivered: 250, skipped: 0, kept: 0, unreadable: 0 })
    assert.deepStrictEqual(got.toSorted(), ids.toSorted())
    assert.isFalse(existsSync(path) || existsSync(`${path}.replay`) || existsSync(`${path}.replay.done`))
  })

  it("ends after the messages in progress if it is interrupted, and the next one continues there", async () => {
    const { got, ids, open, path, run } = await setup(250)
    const left = await run(
      Effect.gen(function* () {
        const replaying = yield* Effect.forkChild(DeadLetterFile.replayEffect({ path }), { startImmediately: true })
        const interrupting = yield* Effect.forkChild(Fiber.interrupt(replaying), { startImmediately: true })
        yield* open
        yield* Fiber.join(interrupting)
        assert.lengthOf(got, 100)
        return yield* DeadLetterFile.replayEffect({ path })
      })
    )
    assert.deepInclude(left, { delivered: 150, kept: 0 })
    assert.deepStrictEqual(got.toSorted(), ids.toSorted())
  })

  it("fails where the file cannot be read, on both faces, and the remedy works", async () => {
    const { open, path, run } = await setup(2)
    mkdirSync(`${path}.replay`)
    const failure = await run(Effect.flip(DeadLetterFile.replayEffect({ path })))
    assert.deepStrictEqual([failure._tag, failure.code], ["ReplayFailed", "EISDIR"])
    assert.include(
      failure.message,
      "cannot replay the file at path (EISDIR): allow the process to read and write the file"
    )
    const tracking = { send: () => Promise.reject(new Error("not reached")), flush: async () => ({}) as never }
    const thrown: unknown = await DeadLetterFile.replay(tracking, { path }).catch((error: unknown) => error)
    assert.instanceOf(thrown, DeadLetterFile.ReplayFailed)
    rmSync(`${path}.replay`, { recursive: true })
    assert.deepInclude(await run(Effect.andThen(open, DeadLetterFile.replayEffect({ path }))), { delivered: 2 })
  })

  it("is refused without a path where it is made", () => {
    assert.throws(() => DeadLetterFile.replayEffect({ path: "" }), /path must be the path of a file/)
  })
})
