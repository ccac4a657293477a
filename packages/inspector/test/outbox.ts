/** An outbox in memory, with letters to read and send again. */
import { Envelope, type Message, Receipt } from "@trackmap/core"
import type * as Inspector from "../src/Inspector.ts"

export interface Written {
  readonly event?: string
  readonly properties?: Message.Track["properties"]
  readonly personal?: ReadonlyArray<string>
  readonly reason?: string
  readonly body?: string
}

/** The nth letter of a sink. */
export const letter = (sink: string, n: number, written: Written = {}): Inspector.DeadLetter => {
  const { event = "signedUp", personal = [], properties = {}, reason = "no such field" } = written
  const id = `m-${n}`
  const message: Message.Track = {
    type: "track",
    event,
    properties,
    messageId: id,
    timestamp: "2026-01-01T00:00:00.000Z"
  }
  const envelope: Envelope.Envelope = { format: 1, message, purposes: [], consent: "all", personal, violations: [] }
  const outcome = Receipt.rejected(reason)
  return { sink, id, event, outcome, attempts: 1, created: n, at: n, body: written.body ?? Envelope.toJson(envelope) }
}

/** The progress of a sink. */
export const progress = (sink: string, dead = 0): Inspector.OutboxSink => ({
  sink,
  depth: 12,
  oldest: 3_000,
  claims: 1,
  parked: 2,
  dead
})

const isBefore = (a: Inspector.DeadLetter, b: Pick<Inspector.DeadLetter, "at" | "sink" | "id">): boolean =>
  a.at < b.at || (a.at === b.at && (a.sink > b.sink || (a.sink === b.sink && a.id > b.id)))

/** An outbox with promises, which sends letters again by forgetting them. It counts how often it was asked for its progress. */
export const outboxOf = (...given: ReadonlyArray<Inspector.DeadLetter>) => {
  let letters = [...given].sort((a, b) => (isBefore(a, b) ? 1 : -1))
  const asked = { stats: 0 }
  const selected = ({ events, ids, sink }: Inspector.LettersOf) =>
    letters.filter(
      (letter) =>
        (sink === undefined || letter.sink === sink) &&
        (events === undefined || events.includes(letter.event)) &&
        (ids === undefined || ids.includes(letter.id))
    )
  const outbox = {
    stats: async () => {
      asked.stats++
      return [...new Set(given.map(({ sink }) => sink))].map((sink) => progress(sink, selected({ sink }).length))
    },
    letters: async ({ after, limit, ...some }: Inspector.LettersPage) =>
      selected(some)
        .filter((letter) => after === undefined || isBefore(letter, after))
        .slice(0, limit),
    letter: async (sink: string, id: string) => selected({ sink, ids: [id] })[0],
    replay: async (some: Inspector.LettersOf) => {
      const sent = new Set(selected(some))
      letters = letters.filter((letter) => !sent.has(letter))
      return sent.size
    }
  } satisfies Inspector.Outbox
  return { asked, outbox, left: () => letters.map(({ id, sink }) => `${sink} ${id}`) }
}
