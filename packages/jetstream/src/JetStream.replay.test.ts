import { Envelope, EventSink, Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { afterAll, assert, beforeAll, it } from "vitest"
import { Client, deliver, run, track, tracks } from "../test/against.ts"
import { NatsServer } from "../test/natsServer.ts"
import { suite } from "../test/suite.ts"
import { JetStream } from "./index.ts"

let server: NatsServer
let client: Client
let streams = 0

/** Options with streams of their own. */
const fresh = () => {
  const stream = `P${++streams}`
  return { servers: server.url, stream, subject: `${stream}.events` }
}
type Fresh = ReturnType<typeof fresh>

const deadOf = ({ stream }: Fresh) => client.ids(`${stream}_DEAD_LETTERS`)

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** A sink that refuses messages until it is mended. */
const refusing = (name: string) => {
  const vendor = { accepts: false, ids: Array<string>() }
  const sink = EventSink.make({
    name,
    send: async (batch) => {
      if (!vendor.accepts) return batch.all(Receipt.rejected("no such field"))
      vendor.ids.push(...batch.map(({ messageId }) => messageId))
      return batch.all(Receipt.delivered)
    }
  })
  return { vendor, sink }
}

const errorOf = (options: object) => run(Effect.flip(JetStream.replay(options)))

suite("sending dead letters again", () => {
  beforeAll(async () => {
    server = await NatsServer.start()
    client = await Client.of(server)
  })
  afterAll(async () => {
    await client?.close()
    await server?.close()
  })

  it.concurrent("takes those of a sink, then those of all, and each reaches only the sink that lost it", () =>
    run(
      Effect.gen(function* () {
        const options = fresh()
        const [a, b] = [refusing("a"), refusing("b")]
        yield* Effect.promise(() => deliver(JetStream.sink(options), tracks(3)))
        yield* JetStream.relay(EventSink.fanOut(a.sink, b.sink), options)
        yield* Effect.promise(() => until(async () => (await deadOf(options)).length === 6))
        a.vendor.accepts = true
        b.vendor.accepts = true

        assert.strictEqual(yield* JetStream.replay({ ...options, sink: "a" }), 3)
        yield* Effect.promise(() => until(() => a.vendor.ids.length === 3))
        assert.strictEqual((yield* Effect.promise(() => deadOf(options))).length, 3)
        assert.strictEqual(yield* JetStream.replay({ ...options, sink: "a" }), 0)

        assert.strictEqual(yield* JetStream.replay(options), 3)
        yield* Effect.promise(() => until(() => b.vendor.ids.length === 3))
        const ids = tracks(3).map(({ messageId }) => messageId)
        assert.deepStrictEqual([a.vendor.ids.toSorted(), b.vendor.ids.toSorted()], [ids, ids])
        assert.isEmpty(yield* Effect.promise(() => deadOf(options)))
      })
    ))

  it.concurrent("publishes a letter once, even if it is refused again at once", () =>
    run(
      Effect.gen(function* () {
        const options = fresh()
        const { sink, vendor } = refusing("a")
        yield* Effect.promise(() => deliver(JetStream.sink(options), tracks(2)))
        yield* JetStream.relay(sink, options)
        yield* Effect.promise(() => until(async () => (await deadOf(options)).length === 2))
        assert.strictEqual(yield* JetStream.replay(options), 2)
        yield* Effect.promise(() => until(async () => (await deadOf(options)).length === 2))
        assert.lengthOf(yield* Effect.promise(() => client.ids(options.stream)), 4)
        assert.isEmpty(vendor.ids)
      })
    ))

  it.concurrent("leaves letters that it cannot read, and says how many", () =>
    run(
      Effect.gen(function* () {
        const options = fresh()
        const deadLetters = { stream: `${options.stream}_DEAD`, subject: `${options.stream}.dead` }
        yield* Effect.promise(() =>
          client.manager.streams.add({ name: deadLetters.stream, subjects: [`${deadLetters.subject}.*`] })
        )
        const envelope: Envelope.Envelope = {
          format: 1,
          message: track("m1"),
          purposes: [],
          consent: "all",
          personal: [],
          violations: []
        }
        for (const body of ["no JSON", Envelope.toJson(envelope), '{"format":2}'])
          yield* Effect.promise(() => client.publish(`${deadLetters.subject}.a`, body))
        const lines: Array<string> = []
        const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
        assert.strictEqual(yield* Effect.provide(JetStream.replay({ ...options, deadLetters }), logger), 1)
        assert.deepStrictEqual(lines, [`2 dead letters of ${deadLetters.stream} cannot be read, and stay there`])
        assert.deepStrictEqual(yield* Effect.promise(() => client.ids(options.stream)), ["m1"])
        const left = yield* Effect.promise(() => client.messages(deadLetters.stream))
        assert.deepStrictEqual(
          left.map((letter) => letter.string()),
          ["no JSON", '{"format":2}']
        )
      })
    ))

  it.concurrent("says what is wrong with its options, its streams and its server", async () => {
    const { message, reason } = await errorOf(fresh())
    assert.match(
      reason,
      /^JetStream\.replay: there is no stream P\d+_DEAD_LETTERS of dead letters: set deadLetters\.stream/
    )
    assert.include(message, reason)
    for (const [options, expected] of [
      [{ sink: "a.b" }, "JetStream.replay: the sink is not a name that NATS accepts: use letters, digits, _ and -"],
      [{ stream: "a b" }, "JetStream.replay: the stream is not a name that NATS accepts: use letters, digits, _ and -"],
      [
        { deadLetters: { stream: "" } },
        "JetStream.replay: the stream is not a name that NATS accepts: use letters, digits, _ and -"
      ]
    ] as const) {
      const error = await errorOf({ ...fresh(), ...options })
      assert.deepStrictEqual([error._tag, error.reason], ["Misconfigured", expected])
    }
    const away = await errorOf({ servers: "127.0.0.1:1", timeout: 200 })
    assert.strictEqual(away._tag, "Unavailable")
    assert.match(away.reason, /^JetStream\.replay: there is no connection to NATS/)
    assert.throws(() => JetStream.replay({ sinks: "a" } as object), /did you mean sink/)
    assert.throws(() => JetStream.replay({ deadLetters: { create: false } as object }), /no option "create"/)
  })
})
