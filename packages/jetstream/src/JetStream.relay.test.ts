import { AckPolicy } from "@nats-io/jetstream"
import { nanos } from "@nats-io/transport-node"
import { Envelope, EventSink, HttpTransport, type Message, Receipt, SendError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { afterAll, assert, beforeAll, it } from "vitest"
import { Client, deliver, run, track, tracks } from "../test/against.ts"
import { NatsServer } from "../test/natsServer.ts"
import { suite } from "../test/suite.ts"
import { JetStream } from "./index.ts"

let server: NatsServer
let client: Client
let streams = 0

/** Options with streams and subjects of their own. */
const fresh = <More extends JetStream.RelayOptions>(more: More = {} as More) => {
  const stream = `R${++streams}`
  const deadLetters = { subject: `${stream}.dead` }
  return { servers: server.url, stream, subject: `${stream}.events`, deadLetters, ...more }
}
type Fresh = ReturnType<typeof fresh>

const publish = ({ servers, stream, subject }: Fresh, messages: ReadonlyArray<Message.Message>) =>
  Effect.promise(() => deliver(JetStream.sink({ servers, stream, subject }), messages))

type Answer = (
  batch: EventSink.Batch,
  attempt: number
) => Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError>
const delivers: Answer = (batch) => Effect.succeed(batch.all(Receipt.delivered))

/** A sink that records what it has delivered. */
const recorded = (name: string, answer: Answer = delivers, batched = 100) => {
  const ids: Array<string> = []
  let attempts = 0
  const sink = EventSink.make({
    name,
    limits: { messages: batched },
    send: (batch) =>
      Effect.tap(
        Effect.suspend(() => answer(batch, ++attempts)),
        (outcomes) =>
          Effect.sync(() => {
            for (const [index, { messageId }] of batch.messages.entries())
              if (outcomes[index]!._tag === "Delivered") ids.push(messageId)
          })
      )
  }).pipe(EventSink.retried({ schedule: Schedule.spaced("50 millis") }))
  return { ids, sink, attempts: () => attempts }
}

const until = (what: string, condition: () => boolean | Promise<boolean>): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (let attempt = 0; attempt < 4_000; attempt++) {
      if (await condition()) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`never happened: ${what}`)
  })

/** Waits until nothing waits in the stream for any sink. */
const settled = ({ lag }: JetStream.Relay) =>
  until("nothing waits", () =>
    Effect.runPromise(lag).then(
      (sinks) => sinks.every(({ unsettled, waiting }) => unsettled === 0 && waiting === 0),
      // The server is away.
      () => false
    )
  )

const dead = (options: Fresh) => Effect.promise(() => client.messages(`${options.stream}_DEAD_LETTERS`))

suite("the relay", () => {
  beforeAll(async () => {
    server = await NatsServer.start()
    client = await Client.of(server)
  })
  afterAll(async () => {
    await client?.close()
    await server?.close()
  })

  const test = (name: string, effect: () => Effect.Effect<unknown, unknown, Scope.Scope>) =>
    it.concurrent(name, () => run(effect()) as Promise<void>)

  test("delivers every message to every sink, each once", () =>
    Effect.gen(function* () {
      const options = fresh()
      const [a, b] = [recorded("a"), recorded("b", delivers, 7)]
      yield* publish(options, tracks(2_500))
      const relay = yield* JetStream.relay(EventSink.fanOut(a.sink, b.sink), options)
      yield* settled(relay)
      const all = tracks(2_500).map(({ messageId }) => messageId)
      assert.deepStrictEqual([...a.ids].sort(), [...all].sort())
      assert.deepStrictEqual([...b.ids].sort(), [...all].sort())
      const metrics = yield* relay.metrics
      assert.deepStrictEqual(
        metrics.map(({ delivered }) => delivered),
        [2_500, 2_500]
      )
    }))

  test("asks the consent of the envelope, as a tracker would", () =>
    Effect.gen(function* () {
      const options = fresh()
      const { ids, sink } = recorded("a")
      const ads = recorded("ads")
      yield* publish(options, [])
      const envelope = (messageId: string, consent: Envelope.Envelope["consent"]) =>
        Envelope.toJson({
          format: 1,
          message: track(messageId),
          purposes: ["analytics"],
          consent,
          personal: [],
          violations: []
        })
      yield* Effect.promise(() => client.publish(options.subject, envelope("yes", ["analytics"])))
      yield* Effect.promise(() => client.publish(options.subject, envelope("no", [])))
      yield* Effect.promise(() => client.publish(options.subject, envelope("all", "all")))
      const sinks = EventSink.fanOut(sink, ads.sink.pipe(EventSink.consented("ads")))
      yield* settled(yield* JetStream.relay(sinks, options))
      assert.deepStrictEqual(ids, ["yes", "all"])
      assert.deepStrictEqual(ads.ids, ["all"])
    }))

  test("keeps messages while a destination is down or refuses the key, and holds up no other sink", () =>
    Effect.gen(function* () {
      const options = fresh()
      let isDown = true
      const down = recorded("down", (batch) =>
        isDown ? Effect.fail(new SendError.Unavailable({ reason: "status 503" })) : delivers(batch, 0)
      )
      const locked = recorded("locked", (batch) =>
        isDown ? Effect.fail(new SendError.Misconfigured({ reason: "status 401" })) : delivers(batch, 0)
      )
      const up = recorded("up")
      yield* publish(options, tracks(50))
      const relay = yield* JetStream.relay(EventSink.fanOut(down.sink, locked.sink, up.sink), options)
      yield* until("the third sink has all", () => up.ids.length === 50)
      yield* until("the others have tried", () => down.attempts() > 2 && locked.attempts() > 2)
      const lag = yield* relay.lag
      assert.deepStrictEqual(lag[0], { sink: "down", waiting: 0, unsettled: 50 })
      isDown = false
      yield* settled(relay)
      assert.strictEqual(down.ids.length, 50)
      assert.strictEqual(locked.ids.length, 50)
      assert.isEmpty(yield* dead(options))
    }))

  test("stores what a destination refuses as a dead letter, and goes on", () =>
    Effect.gen(function* () {
      const options = fresh()
      const { ids, sink } = recorded("a", (batch) =>
        Effect.succeed(
          batch.map(({ messageId }) => (messageId === "m1" ? Receipt.rejected("too long") : Receipt.delivered))
        )
      )
      yield* publish(options, tracks(3))
      yield* settled(yield* JetStream.relay(sink, options))
      assert.deepStrictEqual(ids, ["m0", "m2"])
      const [letter, ...others] = yield* dead(options)
      assert.isEmpty(others)
      assert.strictEqual(letter?.subject, `${options.stream}.dead.a`)
      assert.strictEqual(letter?.header.get("Trackmap-Reason"), "too long")
      const envelope = Envelope.fromJson(letter!.string())
      assert.strictEqual(envelope.message.messageId, "m1")
      assert.deepInclude(envelope.letter, { sink: "a", outcome: Receipt.rejected("too long"), attempts: 1 })
    }))

  test("stores the longest message that the sink publishes as a dead letter, with the longest reason", () =>
    Effect.gen(function* () {
      const options = fresh()
      const { sink } = recorded("a", (batch) => Effect.succeed(batch.all(Receipt.rejected("…".repeat(1_000)))))
      const withText = (id: string, length: number) => [track(id, { properties: { text: "x".repeat(length) } })]
      yield* publish(options, withText("a", 0))
      const [short] = yield* Effect.promise(() => client.messages(options.stream))
      yield* publish(options, withText("b", 1_044_480 - short!.data.length))
      const stored = yield* Effect.promise(() => client.messages(options.stream))
      assert.strictEqual(stored[1]?.data.length, 1_044_480)
      yield* settled(yield* JetStream.relay(sink, options))
      const letters = yield* dead(options)
      assert.deepStrictEqual(
        letters.map((letter) => Envelope.fromJson(letter.string()).message.messageId),
        ["a", "b"]
      )
    }))

  test("keeps dead letters for 30 days, and on as many servers as the messages", () =>
    Effect.gen(function* () {
      const options = fresh()
      const create = { maxAge: "1 hour", replicas: 1 } as const
      const deadLetters = { ...options.deadLetters, create: { maxAge: undefined } }
      yield* JetStream.relay(recorded("a").sink, { ...options, create, deadLetters })
      const of = (stream: string) => Effect.promise(async () => (await client.manager.streams.info(stream)).config)
      assert.strictEqual((yield* of(options.stream)).max_age, nanos(3_600_000))
      assert.deepInclude(yield* of(`${options.stream}_DEAD_LETTERS`), {
        max_age: nanos(30 * 24 * 3_600_000),
        num_replicas: 1
      })
      const alone = fresh({ create: { replicas: 3 } })
      const error = yield* Effect.flip(
        JetStream.relay(recorded("a").sink, {
          ...alone,
          stream: options.stream,
          subject: options.subject,
          deadLetters: { stream: alone.stream, subject: "alone" }
        })
      )
      assert.match(error.reason, new RegExp(`the stream ${alone.stream} cannot be created: .*replicas`))
    }))

  test("keeps what a destination refuses until the dead letter is stored", () =>
    Effect.gen(function* () {
      const options = fresh({ returnAfter: "300 millis", inFlight: 1 })
      const { sink } = recorded("a", (batch) => Effect.succeed(batch.all(Receipt.rejected("too long"))))
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const stream = `${options.stream}_DEAD_LETTERS`
      const config = { name: stream, subjects: [`${options.stream}.dead.*`] }
      yield* Effect.promise(() => client.manager.streams.add(config))
      const deadLetters = { ...options.deadLetters, create: false as const }
      const relay = yield* Effect.provide(JetStream.relay(sink, { ...options, deadLetters }), Logger.layer([logger]))
      yield* Effect.promise(() => client.manager.streams.delete(stream))
      yield* publish(options, tracks(12))
      yield* until("it is logged", () =>
        lines.some((line) => line.startsWith("a: a dead letter cannot be stored, and waits: jetstream is not enabled"))
      )
      yield* until("the reason, too", () => lines.some((line) => line.includes(`the stream ${stream} does not exist`)))
      // The stream of somebody else.
      yield* Effect.promise(() => client.manager.streams.add({ ...config, name: `${stream}_2` }))
      yield* Effect.sleep("500 millis")
      yield* Effect.promise(() => client.manager.streams.delete(`${stream}_2`))
      yield* Effect.promise(() => client.manager.streams.add(config))
      yield* settled(relay)
      const ids = (yield* Effect.promise(() => client.envelopes(stream))).map(({ message }) => message.messageId)
      assert.strictEqual(new Set(ids).size, 12)
    }))

  test("keeps a message whose receipt the service changes to a loss", () =>
    Effect.gen(function* () {
      const options = fresh({ returnAfter: "200 millis" })
      let isLost = true
      const { ids, sink } = recorded("a")
      const lost = EventSink.mapReceipt(sink, (receipt) => {
        const outcome = isLost ? Receipt.expired("not yet") : receipt.outcome
        isLost = false
        return { ...receipt, outcome }
      })
      yield* publish(options, tracks(1))
      yield* settled(yield* JetStream.relay(lost, options))
      assert.deepStrictEqual(ids, ["m0", "m0"])
    }))

  test("brings its settings to a consumer that exists", () =>
    Effect.gen(function* () {
      const options = fresh()
      yield* Effect.scoped(JetStream.relay(recorded("a").sink, options))
      yield* Effect.scoped(JetStream.relay(recorded("a").sink, { ...options, ackWait: "7 seconds", inFlight: 5 }))
      const { config } = yield* Effect.promise(() => client.manager.consumers.info(options.stream, "a"))
      assert.deepInclude(config, { ack_wait: 7_000_000_000, max_ack_pending: 50, max_deliver: -1 })
    }))

  test("says why it cannot tell what waits", () =>
    Effect.gen(function* () {
      const options = fresh({ create: false })
      yield* Effect.promise(() => client.manager.streams.add({ name: options.stream, subjects: [options.subject] }))
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const deadLetters = { ...options.deadLetters, create: {} }
      const { sink } = recorded("a")
      const relay = yield* Effect.provide(JetStream.relay(sink, { ...options, deadLetters }), Logger.layer([logger]))
      yield* Effect.promise(() => client.manager.streams.delete(options.stream))
      const error = yield* Effect.flip(relay.lag)
      assert.match(error.reason, /^the consumers of R\d+: stream not found/)
      yield* until("a line", () => lines.some((line) => /the stream R\d+ does not exist: create it/.test(line)))
    }))

  test("delivers a dead letter that is published again to the sink that lost it alone", () =>
    Effect.gen(function* () {
      const options = fresh()
      const [a, b] = [recorded("a"), recorded("b")]
      yield* publish(options, [])
      const letter = { sink: "b", outcome: Receipt.rejected("too long"), attempts: 1, at: 0 }
      const envelope: Envelope.Envelope = {
        format: 1,
        message: track("again"),
        purposes: [],
        consent: "all",
        personal: [],
        violations: [],
        letter
      }
      yield* Effect.promise(() => client.publish(options.subject, Envelope.toJson(envelope)))
      yield* settled(yield* JetStream.relay(EventSink.fanOut(a.sink, b.sink), options))
      assert.deepStrictEqual([a.ids, b.ids], [[], ["again"]])
    }))

  test("stores what it cannot read as a dead letter, as it came", () =>
    Effect.gen(function* () {
      const options = fresh()
      const { ids, sink } = recorded("a")
      yield* publish(options, tracks(1))
      const left: Envelope.Envelope = {
        format: 2,
        message: track("incomplete"),
        purposes: [],
        consent: "all",
        personal: [],
        violations: [],
        later: { event: "v", validation: "strip", relations: [{ relation: "Order.user", at: "", key: 1 }] }
      }
      const incomplete = Envelope.toJson(left)
      for (const body of ["no JSON", '{"format":1}', '{"format":"1"}', incomplete])
        yield* Effect.promise(() => client.publish(options.subject, body))
      yield* settled(yield* JetStream.relay(sink, options))
      assert.deepStrictEqual(ids, ["m0"])
      const letters = yield* dead(options)
      assert.deepStrictEqual(letters.map((letter) => letter.string()).sort(), [
        "no JSON",
        '{"format":"1"}',
        '{"format":1}',
        incomplete
      ])
      assert.deepStrictEqual(
        letters.map((letter) => letter.header.get("Trackmap-Sink")),
        ["a", "a", "a", "a"]
      )
      assert.match(letters[0]!.header.get("Trackmap-Reason"), /an envelope/)
    }))

  test("leaves messages of a later format to a newer relay, and says so once", () =>
    Effect.gen(function* () {
      const options = fresh()
      const { ids, sink } = recorded("a")
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      yield* publish(options, tracks(1))
      for (const id of ["x", "y"])
        yield* Effect.promise(() => client.publish(options.subject, `{"format":3,"id":"${id}"}`))
      const relay = yield* Effect.provide(JetStream.relay(sink, options), Logger.layer([logger]))
      yield* until("the first has arrived", () => ids.length === 1)
      yield* until("a line", () => lines.length > 0)
      yield* until("they wait", async () => (await Effect.runPromise(relay.lag))[0]!.unsettled === 2)
      assert.lengthOf(lines, 1)
      assert.match(lines[0]!, /^a: a message is left for a newer relay: the envelope has format 3/)
      assert.isEmpty(yield* dead(options))
    }))

  test("shares the messages with other relays", () =>
    Effect.gen(function* () {
      const options = fresh({ inFlight: 50 })
      const slowly: Answer = (batch) => Effect.delay(delivers(batch, 0), "10 millis")
      const [a, b] = [recorded("a", slowly, 10), recorded("a", slowly, 10)]
      yield* publish(options, tracks(500))
      const relay = yield* JetStream.relay(a.sink, options)
      yield* JetStream.relay(b.sink, options)
      yield* settled(relay)
      assert.isNotEmpty(a.ids)
      assert.isNotEmpty(b.ids)
      assert.strictEqual(new Set([...a.ids, ...b.ids]).size, 500)
      assert.strictEqual(a.ids.length + b.ids.length, 500)
    }))

  test("holds no more bytes than it may", () =>
    Effect.gen(function* () {
      const options = fresh({ inFlightBytes: 100_000, closeWithin: "100 millis" })
      const silent = recorded("a", () => Effect.never)
      const text = "x".repeat(20_000)
      const long = Array.from({ length: 30 }, (_, index) => track(`m${index}`, { properties: { text } }))
      yield* publish(options, long)
      const relay = yield* JetStream.relay(silent.sink, options)
      yield* until("it sends", () => silent.attempts() === 1)
      yield* Effect.sleep("500 millis")
      const [lag] = yield* relay.lag
      assert.isAtLeast(lag!.unsettled, 1)
      assert.isAtMost(lag!.unsettled, 4)
    }))

  test("keeps its messages while a sink takes longer than other relays would wait", () =>
    Effect.gen(function* () {
      const options = fresh({ ackWait: "2 seconds" })
      const slow = recorded("a", (batch) => Effect.delay(delivers(batch, 0), "5 seconds"))
      const other = recorded("a")
      yield* publish(options, tracks(10))
      const relay = yield* JetStream.relay(slow.sink, options)
      yield* until("it has them", async () => (await Effect.runPromise(relay.lag))[0]!.unsettled === 10)
      yield* JetStream.relay(other.sink, options)
      yield* settled(relay)
      assert.strictEqual(slow.ids.length, 10)
      assert.isEmpty(other.ids)
    }))

  test("returns its messages when it closes, and finishes the batch that it sends", () =>
    Effect.gen(function* () {
      const options = fresh({ inFlight: 20 })
      const slow = recorded("a", (batch) => Effect.delay(delivers(batch, 0), "300 millis"), 5)
      yield* publish(options, tracks(20))
      yield* Effect.scoped(
        Effect.andThen(JetStream.relay(slow.sink, options), () => until("it sends", () => slow.attempts() === 1))
      )
      assert.strictEqual(slow.ids.length, 5)
      const next = recorded("a")
      const relay = yield* JetStream.relay(next.sink, options)
      yield* settled(relay)
      assert.strictEqual(next.ids.length, 15)
      assert.strictEqual(new Set([...slow.ids, ...next.ids]).size, 20)
    }))

  test("returns its messages even if the destination does not answer, once the time is over", () =>
    Effect.gen(function* () {
      const options = fresh({ closeWithin: "2 seconds" })
      const silent = recorded("a", () => Effect.never)
      yield* publish(options, tracks(5))
      yield* Effect.scoped(
        Effect.andThen(JetStream.relay(silent.sink, options), () => until("it sends", () => silent.attempts() === 1))
      )
      const next = recorded("a")
      yield* settled(yield* JetStream.relay(next.sink, options))
      assert.strictEqual(next.ids.length, 5)
    }))

  test("returns its messages in an outage of some time, so that another relay can deliver them", () =>
    Effect.gen(function* () {
      const options = fresh({ returnAfter: "500 millis" })
      const errors: Array<unknown> = []
      const down = recorded("a", () =>
        Effect.fail(new SendError.Unavailable({ reason: "status 503", retryAfter: 100 }))
      )
      yield* publish(options, tracks(5))
      const onError = ({ cause }: { readonly cause: unknown }) => void errors.push(cause)
      yield* JetStream.relay(down.sink, { ...options, onError })
      yield* until("it tries", () => down.attempts() > 0)
      const other = recorded("a")
      yield* settled(yield* JetStream.relay(other.sink, options))
      assert.strictEqual(new Set(other.ids).size, 5)
      assert.isNotEmpty(errors)
    }))

  test("leaves a destination alone in an outage for as long as it asks", () =>
    Effect.gen(function* () {
      const options = fresh({ returnAfter: "100 millis" })
      const busy = recorded("a", () =>
        Effect.fail(new SendError.Unavailable({ reason: "status 429", retryAfter: 60_000 }))
      )
      yield* publish(options, tracks(5))
      yield* JetStream.relay(busy.sink, options)
      yield* until("it tries", () => busy.attempts() > 0)
      const other = recorded("a")
      const relay = yield* JetStream.relay(other.sink, options)
      yield* Effect.sleep("2 seconds")
      assert.deepStrictEqual(yield* relay.lag, [{ sink: "a", waiting: 0, unsettled: 5 }])
      assert.isEmpty(other.ids)
    }))

  test("tells onError what a sink throws, even if that is null and onError throws, too", () =>
    Effect.gen(function* () {
      const options = fresh()
      const causes: Array<unknown> = []
      const onError = ({ cause }: { readonly cause: unknown }) => {
        causes.push(cause)
        throw new Error("onError")
      }
      const { ids, sink } = recorded("a", (batch, attempt) =>
        attempt === 1 ? Effect.die(null) : delivers(batch, attempt)
      )
      yield* publish(options, tracks(2))
      yield* settled(yield* JetStream.relay(sink, { ...options, onError }))
      assert.deepStrictEqual(causes, [null])
      assert.deepStrictEqual([...ids].sort(), ["m0", "m1"])
    }))

  test("begins where it is told to, for a sink that the stream does not know", () =>
    Effect.gen(function* () {
      const options = fresh()
      yield* publish(options, tracks(2, "old"))
      yield* Effect.sleep("50 millis")
      const time = new Date()
      yield* Effect.sleep("50 millis")
      yield* publish(options, tracks(2, "mid"))
      const all = recorded("all")
      const since = recorded("since")
      const now = recorded("now")
      yield* settled(yield* JetStream.relay(all.sink, options))
      yield* settled(yield* JetStream.relay(since.sink, { ...options, from: time }))
      const relay = yield* JetStream.relay(now.sink, { ...options, from: "now" })
      yield* publish(options, tracks(1, "new"))
      yield* settled(relay)
      yield* until("all have the newest", () => all.ids.includes("new0") && since.ids.includes("new0"))
      assert.deepStrictEqual(all.ids, ["old0", "old1", "mid0", "mid1", "new0"])
      assert.deepStrictEqual(since.ids, ["mid0", "mid1", "new0"])
      assert.deepStrictEqual(now.ids, ["new0"])
    }))

  test("goes on after its consumer is deleted, and after its server is killed and started again", () =>
    Effect.gen(function* () {
      const mortal = yield* Effect.acquireRelease(
        Effect.promise(() => NatsServer.start()),
        (mortal) => Effect.promise(() => mortal.close())
      )
      const options = fresh({ servers: mortal.url, ackWait: "2 seconds" })
      const { ids, sink } = recorded("a")
      yield* publish(options, tracks(3))
      const relay = yield* JetStream.relay(sink, options)
      yield* settled(relay)
      yield* Effect.promise(() => mortal.kill())
      yield* Effect.promise(() => mortal.restart())
      yield* publish(options, tracks(3, "n"))
      yield* until("it goes on", () => ids.length >= 6)
      yield* settled(relay)
      assert.strictEqual(new Set(ids).size, 6)
      const admin = yield* Effect.promise(() => Client.of(mortal))
      yield* Effect.promise(() => admin.manager.consumers.delete(options.stream, "a"))
      yield* publish(options, tracks(1, "o"))
      yield* until("it goes on again", () => ids.includes("o0"))
      yield* Effect.promise(() => admin.close())
    }))

  test("does not send a message again whose acknowledgement was lost", () =>
    Effect.gen(function* () {
      const mortal = yield* Effect.acquireRelease(
        Effect.promise(() => NatsServer.start()),
        (mortal) => Effect.promise(() => mortal.close())
      )
      const options = fresh({ servers: mortal.url, ackWait: "1 second" })
      const { ids, sink } = recorded("a", (batch) =>
        Effect.andThen(
          Effect.promise(() => mortal.kill()),
          delivers(batch, 0)
        )
      )
      yield* publish(options, tracks(3))
      const relay = yield* JetStream.relay(sink, options)
      yield* until("they are sent", () => ids.length === 3)
      yield* Effect.promise(() => mortal.restart())
      yield* settled(relay)
      assert.deepStrictEqual(ids, ["m0", "m1", "m2"])
    }))

  test("begins once there is a server", () =>
    Effect.gen(function* () {
      const late = yield* Effect.promise(() => NatsServer.start())
      yield* Effect.promise(() => late.kill())
      const options = fresh({ servers: late.url, timeout: "1 second" })
      const { ids, sink } = recorded("a")
      yield* JetStream.relay(sink, options)
      yield* Effect.promise(() => late.restart())
      yield* publish(options, tracks(1))
      yield* until("it has begun", () => ids.length === 1)
      yield* Effect.promise(() => late.close())
    }))

  test("does not open with a consumer that is not a relay's", () =>
    Effect.gen(function* () {
      const options = fresh()
      yield* publish(options, [])
      const reasonWith = (config: object) =>
        Effect.gen(function* () {
          const base = { durable_name: "a", filter_subject: options.subject, ack_policy: AckPolicy.Explicit }
          yield* Effect.promise(() => client.manager.consumers.add(options.stream, { ...base, ...config }))
          const error = yield* Effect.flip(JetStream.relay(recorded("a").sink, options))
          yield* Effect.promise(() => client.manager.consumers.delete(options.stream, "a"))
          return error.reason
        })
      assert.match(yield* reasonWith({ deliver_subject: "x" }), /is a push consumer: delete it \(nats consumer rm/)
      assert.match(yield* reasonWith({ ack_policy: AckPolicy.None }), /has the ack policy none/)
      assert.match(yield* reasonWith({ filter_subject: undefined }), /reads every subject, and not R\d+\.events/)
      assert.match(yield* reasonWith({ max_deliver: 5 }), /gives up a message after 5 deliveries: .*--max-deliver=-1/)
    }))

  test("does not open with options that cannot be right", () =>
    Effect.gen(function* () {
      const reasonOf = (options: JetStream.RelayOptions, sink = recorded("a").sink) =>
        Effect.map(Effect.flip(JetStream.relay(sink, options)), ({ reason }) => reason)
      assert.match(yield* reasonOf({ inFlight: 0 }), /inFlight is not a whole number/)
      assert.match(yield* reasonOf({ inFlightBytes: 0.5 }), /inFlightBytes is not a whole number/)
      assert.match(yield* reasonOf({ from: new Date("no") }), /from is not "beginning", "now" or a Date/)
      assert.match(yield* reasonOf({ ackWait: -1 }), /^JetStream\.relay: ackWait is not a time/)
      assert.match(yield* reasonOf({ onError: "log" as never }), /onError is not a function/)
      const stream = { deadLetters: { stream: "a.b" } }
      assert.match(yield* reasonOf(stream), /^JetStream\.relay: deadLetters: the stream is not a name/)
      assert.throws(() => JetStream.relay(null as never), /one of the sinks is not a sink, but null/)
      assert.match(
        yield* reasonOf({}, recorded("a.b").sink),
        /the name of the sink "a\.b" is not a name that NATS accepts/
      )
      assert.throws(() => JetStream.relay(recorded("a").sink, { inflight: 1 } as object), /did you mean inFlight/)
      const misspelt = { deadLetters: { strem: "D" } as object }
      assert.throws(() => JetStream.relay(recorded("a").sink, misspelt), /did you mean stream/)
    }))

  it("runs with promises, until it is closed", async () => {
    const options = fresh()
    await run(publish(options, tracks(3)))
    const ids: Array<string> = []
    const sink = EventSink.make({
      name: "a",
      send: async (batch) => batch.map(({ messageId }) => (ids.push(messageId), Receipt.delivered))
    })
    const relay = await JetStream.startRelay(sink, options)
    await run(until("they arrive", async () => (await relay.lag())[0]!.unsettled === 0 && ids.length === 3))
    assert.strictEqual((await relay.metrics())[0]?.delivered, 3)
    assert.deepStrictEqual(await run(relay.relay.metrics), await relay.metrics())
    await Promise.all([relay.close(), relay.close()])
    const lost: unknown = await relay.lag().catch((error: unknown) => error)
    assert.match((lost as Error).message, /the connection to NATS is closed/)
    await run(publish(options, tracks(1, "n")))
    assert.lengthOf(ids, 3)
    const wrong = JetStream.startRelay(sink, { ...options, http: HttpTransport.layerFetch, inFlight: -1 })
    const error: unknown = await wrong.catch((error: unknown) => error)
    assert.match((error as Error).message, /inFlight/)
    const none: unknown = await JetStream.startRelay(sink, null as never).catch((error: unknown) => error)
    assert.match((none as Error).message, /JetStream\.startRelay: it takes an object with its options, not null/)
  })
})
