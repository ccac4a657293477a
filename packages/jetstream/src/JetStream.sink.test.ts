import { RetentionPolicy, StorageType } from "@nats-io/jetstream"
import { nanos, nkeys } from "@nats-io/transport-node"
import { Actor, Delivery, EventSink, type SendError, TrackedEvent, Tracker } from "@trackmap/core"
import { Tracking } from "@trackmap/node"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Client, deliver, opening, outcomesOf, reasonsOf, run, track, tracks } from "../test/against.ts"
import { NatsServer } from "../test/natsServer.ts"
import { suite } from "../test/suite.ts"
import { JetStream } from "./index.ts"

let server: NatsServer
let client: Client
let streams = 0

/** Options with a stream and a subject of their own. */
const fresh = <More extends JetStream.SinkOptions>(more: More = {} as More) => {
  const stream = `S${++streams}`
  return { servers: server.url, stream, subject: `${stream}.events`, ...more }
}
const soon = { schedule: Schedule.spaced("100 millis"), limit: "20 seconds" } as const
const retrying = (options: JetStream.SinkOptions) => EventSink.retried(JetStream.sink(options), soon)
/** Without retries, so that receipts have the first error. */
const once = (options: JetStream.SinkOptions) =>
  EventSink.retried(JetStream.sink(options), { schedule: Schedule.recurs(0), limit: 1 })

const reasonOf = (error: SendError.SendError | undefined): string => error?.reason ?? ""

suite("the sink", () => {
  beforeAll(async () => {
    server = await NatsServer.start()
    client = await Client.of(server)
  })
  afterAll(async () => {
    await client?.close()
    await server?.close()
  })

  SinkConformance.suite("JetStream's sink", {
    runner: { describe, it },
    layer: Layer.empty,
    make: Effect.sync(() => {
      const options = fresh()
      return { sink: JetStream.sink(options), received: Effect.promise(() => client.ids(options.stream)) }
    })
  })

  it("stores a message as its envelope, under the message's id", async () => {
    const options = fresh()
    const Bought = TrackedEvent.make("bought", { purposes: ["analytics"] })
    const program = Tracker.track(Bought, {}, { messageId: "m1" }).pipe(
      Actor.as({ userId: "user-1", consent: new Set(["analytics"]) }),
      Effect.flatMap(({ receipts }) => receipts),
      Effect.provide(Tracker.layer(JetStream.sink(options)))
    )
    assert.deepStrictEqual(outcomesOf(await Effect.runPromise(program)), ["Delivered"])
    const [stored] = await client.messages(options.stream)
    assert.strictEqual(stored?.header.get("Nats-Msg-Id"), "m1")
    const [envelope] = await client.envelopes(options.stream)
    assert.deepStrictEqual(envelope?.purposes, ["analytics"])
    assert.deepStrictEqual(envelope?.consent, ["analytics"])
    assert.strictEqual(envelope?.message.userId, "user-1")
  })

  it("works in a tracking of @trackmap/node", async () => {
    const options = fresh()
    const tracking = Tracking.make({ sinks: JetStream.sink(options) })
    const tracked = await tracking.track(TrackedEvent.make("bought"), {})
    assert.deepStrictEqual(outcomesOf(await tracked.receipts), ["Delivered"])
    await tracking.close()
    assert.deepStrictEqual(await client.ids(options.stream), [tracked.messageId])
  })

  it("stores the same id once", async () => {
    const options = fresh()
    assert.deepStrictEqual(outcomesOf(await deliver(JetStream.sink(options), tracks(3))), Array(3).fill("Delivered"))
    assert.deepStrictEqual(outcomesOf(await deliver(JetStream.sink(options), tracks(4))), Array(4).fill("Delivered"))
    assert.deepStrictEqual([...(await client.ids(options.stream))].sort(), ["m0", "m1", "m2", "m3"])
  })

  it("gets an acknowledgement for an id of the duplicate window that the stream no longer has, and stores nothing", async () => {
    const options = fresh()
    await deliver(JetStream.sink(options), [track("m")])
    await client.manager.streams.purge(options.stream)
    assert.deepStrictEqual(outcomesOf(await deliver(JetStream.sink(options), [track("m")])), ["Delivered"])
    assert.deepStrictEqual(await client.ids(options.stream), [])
  })

  it("creates a stream with the settings of `create`", async () => {
    const options = fresh({
      create: { replicas: 1, maxAge: "1 hour", maxBytes: 1_000_000, duplicateWindow: "40 seconds" }
    })
    await deliver(JetStream.sink(options), [])
    const { config } = await client.manager.streams.info(options.stream)
    assert.deepInclude(config, {
      subjects: [options.subject],
      retention: "limits",
      storage: "file",
      discard: "new",
      num_replicas: 1,
      max_age: nanos(3_600_000),
      max_bytes: 1_000_000,
      duplicate_window: nanos(40_000)
    })
  })

  it("creates a stream that keeps messages for 7 days, on one server if there is no cluster", async () => {
    const options = fresh()
    await deliver(JetStream.sink(options), [])
    const { config } = await client.manager.streams.info(options.stream)
    assert.deepInclude(config, {
      storage: "file",
      discard: "new",
      num_replicas: 1,
      max_age: nanos(7 * 24 * 3_600_000),
      max_bytes: -1,
      duplicate_window: nanos(120_000)
    })
  })

  it("has at most 1,000 messages that wait for acknowledgements", async () => {
    const { sinks } = await run(Delivery.make(JetStream.sink(fresh())))
    assert.deepStrictEqual(
      sinks.map(({ concurrency, limits }) => concurrency * limits.messages),
      [1_000]
    )
  })

  it("waits for an acknowledgement even if the timeout is longer than Node's longest timer", async () => {
    const receipts = await deliver(once(fresh({ timeout: "1000 days" })), [track("m")])
    assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
  })

  it("publishes to a stream whose wildcards include the subject", async () => {
    for (const pattern of ["*.*", ">", "*.>"]) {
      const options = fresh()
      await client.manager.streams.add({ name: options.stream, subjects: [`${options.stream}.${pattern}`] })
      const sink = JetStream.sink({ ...options, subject: `${options.stream}.events.eu` })
      assert.deepStrictEqual(outcomesOf(await deliver(sink, [track("m")])), ["Delivered"], pattern)
    }
  })

  it("warns of a stream that loses messages by its settings", async () => {
    const lines: Array<unknown> = []
    const logger = Logger.make(({ message }) => void lines.push(message))
    for (const config of [
      { max_bytes: 10_000 },
      { max_msgs: 5 },
      { max_msgs_per_subject: 1 },
      { storage: StorageType.Memory }
    ]) {
      const options = fresh()
      await client.manager.streams.add({ name: options.stream, subjects: [options.subject], ...config })
      await run(Effect.provide(EventSink.deliver(JetStream.sink(options), []), Logger.layer([logger])))
    }
    assert.match(String(lines[0]), /deletes its oldest messages when it is full, delivered or not: set discard to new/)
    assert.deepStrictEqual(
      lines
        .slice(1, 3)
        .map(String)
        .filter((line) => line.includes("set discard to new")).length,
      2
    )
    assert.match(String(lines[3]), /is in memory only/)
  })

  it("reads its settings from the environment", async () => {
    const { stream, subject } = fresh()
    const open = async (env: Record<string, string>) =>
      opening(
        await Effect.runPromise(Effect.provide(JetStream.config, ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))
      )
    const base = { NATS_SERVERS: server.url, NATS_STREAM: stream, NATS_SUBJECT: subject }
    assert.isUndefined(await open(base))
    assert.deepStrictEqual((await client.manager.streams.info(stream)).config.subjects, [subject])
    // This server takes any credentials.
    assert.isUndefined(await open({ ...base, NATS_TOKEN: "token" }))
    assert.isUndefined(await open({ ...base, NATS_USER: "ann", NATS_PASSWORD: "right" }))
    assert.match(reasonOf(await open({ ...base, NATS_USER: "ann" })), /the password is empty/)
    assert.match(reasonOf(await open({ ...base, NATS_PASSWORD: "right" })), /the user of the credentials is empty/)
    assert.match(reasonOf(await open({ ...base, NATS_NKEY: "wrong" })), /the NKey's seed cannot be read/)
    assert.match(reasonOf(await open({ ...base, NATS_CREDS: "wrong" })), /pass the whole text of the \.creds file/)
  })

  describe("does not open", () => {
    const refuses = async (config: object, reason: RegExp) => {
      const options = fresh()
      await client.manager.streams.add({ name: options.stream, subjects: [options.subject], ...config })
      const error = await opening(JetStream.sink(options))
      assert.strictEqual(error?._tag, "Misconfigured")
      assert.match(reasonOf(error), reason)
    }

    it("on a stream that lacks the subject", async () => {
      await refuses(
        { subjects: ["others.*"] },
        /has the subjects others\.\*, and not S\d+\.events: add it \(nats stream edit/
      )
      await client.manager.streams.delete(`S${streams}`)
    })

    it("on a stream whose retention deletes what other sinks have not delivered", async () => {
      await refuses({ retention: RetentionPolicy.Workqueue }, /the retention workqueue, which deletes messages/)
      await refuses({ retention: RetentionPolicy.Interest }, /the retention interest/)
    })

    it("on a stream whose duplicate window is shorter than a retry", async () => {
      await refuses({ duplicate_window: nanos(1_000) }, /a duplicate window of 1000 ms, .* set at least 30 seconds/)
    })

    it("on a stream that acknowledges nothing, on a sealed one and on a mirror", async () => {
      await refuses({ no_ack: true }, /acknowledges nothing \(no_ack\)/)
      const origin = fresh()
      await client.manager.streams.add({ name: origin.stream, subjects: [origin.subject] })
      await refuses({ subjects: undefined, mirror: { name: origin.stream } }, /is a mirror/)
      await client.manager.streams.update(origin.stream, { sealed: true } as object)
      assert.match(reasonOf(await opening(JetStream.sink(origin))), /is sealed/)
    })

    it("on a stream of other streams' messages", async () => {
      const origin = fresh()
      await client.manager.streams.add({ name: origin.stream, subjects: [origin.subject] })
      await refuses(
        { subjects: undefined, sources: [{ name: origin.stream }] },
        /has the subjects of other streams only/
      )
    })

    it("without a stream that it may not create", async () => {
      const error = await opening(JetStream.sink(fresh({ create: false })))
      assert.match(reasonOf(error), /the stream S\d+ does not exist: create it \(nats stream add S\d+/)
    })

    it("if another stream has the subject", async () => {
      const other = fresh()
      await client.manager.streams.add({ name: other.stream, subjects: [other.subject] })
      const error = await opening(JetStream.sink(fresh({ subject: other.subject })))
      assert.match(reasonOf(error), /another stream has the subject S\d+\.events.*set the option stream to its name/)
    })

    it("if there are fewer servers than replicas", async () => {
      const error = await opening(JetStream.sink(fresh({ create: { replicas: 3 } })))
      assert.match(reasonOf(error), /cannot be created: .*set create\.replicas to the number of servers or fewer/)
    })

    it("with options that cannot be right", async () => {
      const secret = Redacted.make("s3cret")
      const cases: ReadonlyArray<readonly [JetStream.SinkOptions, RegExp]> = [
        [{ stream: "a.b" }, /^jetstream: the stream is not a name that NATS accepts/],
        [{ subject: "a.>" }, /the subject is not one that can be published to/],
        [{ timeout: 0 }, /timeout is not a time above zero/],
        [{ timeout: "soon" as "1 second" }, /timeout is not a time above zero/],
        [{ create: { maxAge: -1 } }, /create: maxAge is not a time/],
        [{ create: { maxAge: "10 seconds" } }, /create: maxAge is shorter than 30 seconds/],
        [{ create: { duplicateWindow: "10 seconds" } }, /create: duplicateWindow is shorter than 30 seconds/],
        [{ create: { duplicateWindow: Number.NaN } }, /create: duplicateWindow is not a time/],
        [{ create: { replicas: 1.5 } }, /create: replicas is not a whole number/],
        [{ create: { maxBytes: 0 } }, /create: maxBytes is not a whole number/],
        [{ servers: "nats://user:s3cret@127.0.0.1" }, /contains credentials: pass them as credentials/],
        [{ servers: [] }, /no address of a server/],
        [{ servers: null as never }, /no address of a server/],
        [{ servers: "127.0.0.1, " }, /no address of a server, or an empty one/],
        [{ credentials: null as never }, /the credentials are not of a kind that NATS has: pass \{ token \}/],
        [{ credentials: "s3cret" as never }, /the credentials are not of a kind that NATS has/],
        [{ credentials: { user: "", password: secret } }, /the user of the credentials is empty/],
        [{ credentials: { token: "s3cret" as never } }, /the token is not Redacted/],
        [{ credentials: { user: "user", password: Redacted.make("") } }, /the password is empty/],
        [{ credentials: { nkey: secret } }, /the NKey's seed cannot be read/],
        [{ credentials: { creds: secret } }, /the credentials cannot be read: pass the whole text/]
      ]
      for (const [options, reason] of cases) {
        const error = await opening(JetStream.sink(options))
        assert.strictEqual(error?._tag, "Misconfigured")
        assert.match(reasonOf(error), reason)
        assert.notInclude(reasonOf(error), "s3cret")
      }
      assert.throws(() => JetStream.sink({ sream: "A" } as JetStream.SinkOptions), /did you mean stream/)
      assert.throws(() => JetStream.sink({ create: { maxage: 1 } as JetStream.Create }), /did you mean maxAge/)
    })

    it("for an account without JetStream", async () => {
      const accounts = `accounts { APP { users: [{ user: ann, password: right }] } }`
      const guarded = await NatsServer.start({ config: `jetstream { store_dir: "$FOLDER" }\n${accounts}` })
      const credentials = { user: "ann", password: Redacted.make("right") }
      const error = await opening(JetStream.sink({ servers: guarded.url, credentials }))
      await guarded.close()
      assert.strictEqual(error?._tag, "Misconfigured")
      assert.match(reasonOf(error), /JetStream is not enabled for this account/)
    })

    it("on a server without JetStream", async () => {
      const plain = await NatsServer.start({ config: "" })
      const error = await opening(JetStream.sink({ servers: plain.url }))
      await plain.close()
      assert.strictEqual(error?._tag, "Misconfigured")
      assert.match(reasonOf(error), /nats-server -js/)
    })
  })

  describe("credentials", () => {
    const pair = nkeys.createUser()
    const seed = new TextDecoder().decode(pair.getSeed())
    const key = pair.getPublicKey()
    const js = 'jetstream { store_dir: "$FOLDER" }'

    it("let the sink in, whatever their kind, and keep it out if they are wrong", async () => {
      const cases: ReadonlyArray<readonly [string, JetStream.Credentials, JetStream.Credentials]> = [
        ['token: "right"', { token: Redacted.make("right") }, { token: Redacted.make("wrong") }],
        [
          "user: ann, password: right",
          { user: "ann", password: Redacted.make("right") },
          { user: "ann", password: Redacted.make("wrong") }
        ],
        [`users: [{ nkey: ${key} }]`, { nkey: Redacted.make(seed) }, { token: Redacted.make("wrong") }]
      ]
      for (const [config, right, wrong] of cases) {
        const guarded = await NatsServer.start({ config: `${js}\nauthorization { ${config} }` })
        const options = { servers: [guarded.url] }
        assert.deepStrictEqual(
          outcomesOf(await deliver(JetStream.sink({ ...options, credentials: right }), [track("m")])),
          ["Delivered"]
        )
        const error = await opening(JetStream.sink({ ...options, credentials: wrong }))
        assert.strictEqual(error?._tag, "Misconfigured")
        assert.match(reasonOf(error), /the server refuses the credentials/)
        await guarded.close()
      }
    })

    it("without permission to publish, or to find or create the stream, are named", async () => {
      const receiptWith = async (...publish: ReadonlyArray<string>) => {
        const permissions = `permissions: { publish: ${JSON.stringify(publish)} }`
        const config = `${js}\nauthorization { users: [{ user: ann, password: right, ${permissions} }] }`
        const guarded = await NatsServer.start({ config })
        const credentials = { user: "ann", password: Redacted.make("right") }
        const sink = JetStream.sink({ servers: guarded.url, credentials, timeout: "500 millis" })
        const reason = await deliver(sink, [track("m")]).then(
          (receipts) => reasonsOf(receipts)[0]!,
          (error: SendError.Misconfigured) => reasonOf(error)
        )
        await guarded.close()
        return reason
      }
      assert.match(await receiptWith("$JS.API.>"), /has no permission: .*tracking\.events/)
      assert.match(await receiptWith("tracking.events"), /cannot be read: .*no permission: .*STREAM\.INFO/)
      assert.match(await receiptWith("$JS.API.STREAM.INFO.>"), /cannot be created: .*no permission: .*STREAM\.CREATE/)
    })
  })

  describe("survives", () => {
    it("a server that is killed in the middle, and started again", async () => {
      const mortal = await NatsServer.start()
      const sink = retrying({ servers: mortal.url, timeout: "1 second" })
      const ids = await run(
        Effect.gen(function* () {
          const tracker = yield* Tracker.make(sink, { capacity: 5_000 })
          const sent = yield* Effect.forEach(tracks(500), (message) => tracker.send(message))
          yield* Effect.promise(() => mortal.kill())
          const later = yield* Effect.forEach(tracks(500, "n"), (message) => tracker.send(message))
          yield* Effect.promise(() => mortal.restart())
          const receipts = yield* Effect.forEach([...sent, ...later], ({ receipts }) => receipts)
          assert.deepStrictEqual([...new Set(outcomesOf(receipts.flat()))], ["Delivered"])
          const reader = yield* Effect.promise(() => Client.of(mortal))
          const stored = yield* Effect.promise(() => reader.ids("TRACKING"))
          yield* Effect.promise(() => reader.close())
          return stored
        })
      )
      await mortal.close()
      assert.strictEqual(ids.length, 1_000)
      assert.strictEqual(new Set(ids).size, 1_000)
    })

    it("a server that stands still, and goes on", async () => {
      const still = await NatsServer.start()
      const sink = retrying({ servers: still.url, timeout: "300 millis" })
      await deliver(sink, [track("a")])
      const receipts = await run(
        Effect.gen(function* () {
          const tracker = yield* Tracker.make(sink)
          yield* Effect.flatMap(tracker.send(track("b")), ({ receipts }) => receipts)
          still.signal("SIGSTOP")
          const sent = yield* tracker.send(track("c"))
          yield* Effect.sleep("600 millis")
          still.signal("SIGCONT")
          return yield* sent.receipts
        })
      )
      await still.close()
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
      assert.isAbove(receipts[0]!.attempts, 1)
    })

    it("a server that starts after the service", async () => {
      const late = await NatsServer.start()
      await late.kill()
      const receipts = await run(
        Effect.gen(function* () {
          const tracker = yield* Tracker.make(retrying({ servers: late.url }))
          const sent = yield* tracker.send(track("m"))
          yield* Effect.promise(() => late.restart())
          return yield* sent.receipts
        })
      )
      await late.close()
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
    })

    it("the loss of its stream, which it creates again", async () => {
      const options = fresh()
      const receipts = await run(
        Effect.gen(function* () {
          const tracker = yield* Tracker.make(retrying(options))
          yield* Effect.flatMap(tracker.send(track("a")), ({ receipts }) => receipts)
          yield* Effect.promise(() => client.manager.streams.delete(options.stream))
          return yield* Effect.flatMap(tracker.send(track("b")), ({ receipts }) => receipts)
        })
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
      assert.deepStrictEqual(await client.ids(options.stream), ["b"])
    })

    it("a full stream, until there is room", async () => {
      const options = fresh()
      await client.manager.streams.add({
        name: options.stream,
        subjects: [options.subject],
        discard: "new" as never,
        max_msgs: 1
      })
      const receipts = await run(
        Effect.gen(function* () {
          const tracker = yield* Tracker.make(retrying(options))
          yield* Effect.flatMap(tracker.send(track("a")), ({ receipts }) => receipts)
          const sent = yield* tracker.send(track("b"))
          yield* Effect.sleep("300 millis")
          yield* Effect.promise(() => client.manager.streams.purge(options.stream))
          return yield* sent.receipts
        })
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
    })
  })

  describe("says why a message is not delivered", () => {
    it("when its stream is gone, and it may not create it", async () => {
      const options = fresh()
      await client.manager.streams.add({ name: options.stream, subjects: [options.subject] })
      const receipts = await run(
        Effect.gen(function* () {
          const tracker = yield* Tracker.make(retrying({ ...options, create: false }))
          yield* Effect.flatMap(tracker.send(track("a")), ({ receipts }) => receipts)
          yield* Effect.promise(() => client.manager.streams.delete(options.stream))
          return yield* Effect.flatMap(tracker.send(track("b")), ({ receipts }) => receipts)
        })
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Rejected"])
      assert.match(reasonsOf(receipts)[0]!, /does not exist: create it/)
    })

    it("when the subject has moved to another stream", async () => {
      const options = fresh()
      const receipts = await run(
        Effect.gen(function* () {
          const tracker = yield* Tracker.make(retrying(options))
          yield* Effect.flatMap(tracker.send(track("a")), ({ receipts }) => receipts)
          yield* Effect.promise(() => client.manager.streams.update(options.stream, { subjects: ["elsewhere"] }))
          yield* Effect.promise(() =>
            client.manager.streams.add({ name: `${options.stream}-2`, subjects: [options.subject] })
          )
          return yield* Effect.flatMap(tracker.send(track("b")), ({ receipts }) => receipts)
        })
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Rejected"])
      assert.match(reasonsOf(receipts)[0]!, /belongs to the stream S\d+-2, and not to S\d+/)
    })

    it("when it is longer than the server or the stream accepts, and delivers the others", async () => {
      const options = fresh()
      await client.manager.streams.add({ name: options.stream, subjects: [options.subject], max_msg_size: 5_000 })
      const long = (id: string, length: number) => track(id, { properties: { text: "x".repeat(length) } })
      const receipts = await deliver(JetStream.sink(options), [
        track("a"),
        long("b", 2_000_000),
        long("c", 6_000),
        track("d")
      ])
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Rejected", "Rejected", "Delivered"])
      assert.match(
        reasonsOf(receipts)[1]!,
        /the envelope has \d+ bytes, and the server's max_payload leaves room for 1044480/
      )
      assert.match(reasonsOf(receipts)[2]!, /message size exceeds maximum allowed/)
      assert.deepStrictEqual(await client.ids(options.stream), ["a", "d"])
      assert.deepStrictEqual(outcomesOf(await deliver(JetStream.sink(options), [long("e", 2_000_000)])), ["Rejected"])
    })

    it("when its id does not fit into a header, and delivers the others", async () => {
      const options = fresh()
      const wide = track("i".repeat(10_000), { properties: { text: "x".repeat(1_030_000) } })
      const receipts = await deliver(JetStream.sink(options), [track("a"), track("b\nc"), wide, track("d")])
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Rejected", "Rejected", "Delivered"])
      assert.match(reasonsOf(receipts)[1]!, /NATS takes no such message: .*cannot contain \\r or \\n/)
      assert.match(reasonsOf(receipts)[2]!, /NATS takes no such message: .*max_payload size exceeded/)
      assert.deepStrictEqual(await client.ids(options.stream), ["a", "d"])
    })

    it("when there is no server", async () => {
      const receipts = await deliver(once({ servers: "127.0.0.1:1", timeout: "200 millis" }), [track("a")])
      assert.deepStrictEqual(outcomesOf(receipts), ["Expired"])
      assert.match(reasonsOf(receipts)[0]!, /there is no connection to NATS/)
    })
  })
})
