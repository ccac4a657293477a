import { Actor } from "@trackmap/core/Actor"
import * as Context from "effect/Context"
import { current } from "../Actor.ts"
import type { Services } from "./lifecycle.ts"
import * as span from "./span.ts"

/** The services of a call, with its actor and its active span. */
export class CallServices {
  readonly #activeSpan: (() => span.ActiveSpan | undefined) | undefined
  readonly #spanThrew: (thrown: unknown) => void
  /** The last call's actor and services, because consecutive calls often share an actor. */
  #actor: Actor | undefined
  #services: Services | undefined

  constructor(activeSpan: (() => span.ActiveSpan | undefined) | undefined, spanThrew: (thrown: unknown) => void) {
    this.#activeSpan = activeSpan
    this.#spanThrew = spanThrew
  }

  /** The services of operations that make no message, and so have no span. */
  withActor(opened: Services): Services {
    const actor = current()
    if (actor !== this.#actor) {
      this.#actor = actor
      this.#services = Context.add(opened, Actor, actor)
    }
    return this.#services!
  }

  of(opened: Services): Services {
    const services = this.withActor(opened)
    if (this.#activeSpan === undefined) return services
    try {
      const active = this.#activeSpan() ?? undefined
      return active === undefined ? services : span.within(services, active)
    } catch (thrown) {
      this.#spanThrew(thrown)
      return services
    }
  }
}
