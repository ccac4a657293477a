/** The messages that the outbox's questions store and send. */
import { Envelope } from "@trackmap/core"
import { event, lineOf, propertiesOf, userId } from "../delivery/example.ts"

/** The JSON of a message's envelope: about 650 bytes. */
export const bodyOf = (id: string, index: number): string =>
  Envelope.toJson({
    format: 1,
    message: {
      type: "track",
      event,
      properties: propertiesOf(lineOf(index)),
      messageId: id,
      timestamp: "2026-03-01T12:00:00.000Z",
      userId
    },
    purposes: [],
    consent: "all",
    personal: [],
    violations: []
  })

/** The id of a message, of the length of a UUID. */
export const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`

/** Counts what arrives. Where results are compared it keeps the ids too, so that a contestant that loses or repeats messages differs. */
export class Arrivals {
  readonly #ids: Set<string> | undefined
  #count = 0

  constructor(keepsIds: boolean) {
    this.#ids = keepsIds ? new Set() : undefined
  }

  add(id: string): void {
    this.#ids?.add(id)
    this.#count++
  }

  get count(): number {
    return this.#count
  }

  get result(): unknown {
    return { ids: this.#ids?.size, arrived: this.#count }
  }
}
