import type { Knowledge } from "./knowledge.ts"
import type { PlanState } from "./protocol.ts"
import type { Store } from "./store.ts"

const most = 1_000
const keyLength = 200

type UnknownKey = { -readonly [K in keyof PlanState["unknownKeys"][number]]: PlanState["unknownKeys"][number][K] }

/** Compares the plan with the events that arrive: once a second, so that callers do not pay for it. */
export class Drift {
  readonly #unknown = new Map<string, UnknownKey>()
  #seq = 0
  #revision = 0
  #tracked = -1
  #state: PlanState = { seen: [], unknownKeys: [] }

  /** Grows with every change. */
  get revision(): number {
    return this.#revision
  }
  get state(): PlanState {
    return this.#state
  }

  #add(event: string, key: string): void {
    const id = JSON.stringify([event, key])
    const known = this.#unknown.get(id)
    if (known !== undefined) known.count++
    // Keys that a service generates at run time must not fill its memory: report only the first thousand.
    else if (this.#unknown.size < most) this.#unknown.set(id, { event, key, count: 1 })
  }

  look(knowledge: Knowledge, store: Store): void {
    if (store.tracked === this.#tracked && store.seq === this.#seq) return
    this.#tracked = store.tracked
    // Its first revision is its entry; later events have a greater one.
    const since = this.#seq
    this.#seq = store.seq
    for (const entry of store.since(0)) {
      if (entry.seq <= since) continue
      const unknown = knowledge.unknownKeysOf(entry)
      if (unknown.length === 0) continue
      const { text } = knowledge.maskedOf(entry)
      const { name } = knowledge.eventOf(entry)!
      for (const key of unknown) this.#add(name, text(key).slice(0, keyLength))
    }
    this.#state = {
      seen: Array.from(store.seen, ({ count, name }) => ({ event: name, count, planned: knowledge.isPlanned(name) })),
      unknownKeys: Array.from(this.#unknown.values(), (unknown) => ({ ...unknown }))
    }
    this.#revision++
  }
}
