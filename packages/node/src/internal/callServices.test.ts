import { AsyncLocalStorage } from "node:async_hooks"
import { Actor } from "@trackmap/core/Actor"
import * as Context from "effect/Context"
import { assert, it } from "vitest"
import * as Actors from "../Actor.ts"
import { CallServices } from "./callServices.ts"

const Transaction = Context.Reference<string | undefined>("test/Transaction", { defaultValue: () => undefined })
const key = Symbol.for("@trackmap/node/CallServices")

it("gives a call what another package gives to all calls inside a function, with the call's actor", () => {
  const services = new CallServices(undefined, () => {})
  const storage = new AsyncLocalStorage<Context.Context<never>>()
  const shared = globalThis as { [key]?: typeof storage }
  shared[key] = storage
  const read = () => {
    const context = services.of(Context.empty())
    return [Context.get(context, Transaction), Context.get(context, Actor).userId]
  }
  Actors.run({ userId: "user-1" }, () => {
    assert.deepStrictEqual(storage.run(Context.make(Transaction, "a"), read), ["a", "user-1"])
    assert.deepStrictEqual(read(), [undefined, "user-1"])
  })
  delete shared[key]
})
