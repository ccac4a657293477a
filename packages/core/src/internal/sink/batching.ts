import type * as Duration from "effect/Duration"
import { millisOf, type Names, oneOf, optionsOf, wholeNumber } from "../base/options.ts"
import type { BufferOptions, EventSink } from "./model.ts"
import { mapSinks } from "./sink.ts"

export const batched = <E, R>(
  self: EventSink<E, R>,
  options: {
    readonly messages?: number | undefined
    readonly bytes?: number | undefined
    readonly age?: Duration.Input | undefined
  }
): EventSink<E, R> => {
  optionsOf("EventSink.batched", options, { messages: true, bytes: true, age: true })
  return mapSinks(self, (sink) => ({
    ...sink,
    age:
      options.age === undefined ? sink.age : millisOf(sink.name, "the age of a batch (EventSink.batched)", options.age),
    limits: {
      ...sink.limits,
      messages: Math.min(
        sink.limits.messages,
        wholeNumber(sink.name, "the number of messages in a batch", options.messages ?? sink.limits.messages)
      ),
      bytes: Math.min(
        sink.limits.bytes,
        wholeNumber(sink.name, "the number of bytes of a batch", options.bytes ?? sink.limits.bytes)
      )
    }
  }))
}

export const buffered = <E, R>(self: EventSink<E, R>, options: BufferOptions): EventSink<E, R> => {
  const names: Names<BufferOptions> = { capacity: true, whenFull: true, waitWithin: true, concurrency: true }
  const checked = bufferOf("buffered", optionsOf("EventSink.buffered", options, names))
  return mapSinks(self, (sink) => ({ ...sink, buffer: { ...sink.buffer, ...checked } }))
}

/** Checks the options of a buffer, and omits undefined ones. */
export const bufferOf = (name: string, options: BufferOptions): BufferOptions => {
  const { capacity, concurrency, waitWithin, whenFull } = options
  return {
    ...(capacity !== undefined && { capacity: wholeNumber(name, "the capacity of a buffer", capacity) }),
    ...(concurrency !== undefined && {
      concurrency: wholeNumber(name, "the number of batches at a time", concurrency)
    }),
    ...(waitWithin !== undefined && { waitWithin: millisOf(name, "waitWithin", waitWithin) }),
    ...(whenFull !== undefined && {
      whenFull: oneOf<typeof whenFull>(name, "whenFull", ["wait", "refuse", "dropOldest"], whenFull)
    })
  }
}
