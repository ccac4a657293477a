import { Tracking } from "@trackmap/node"
import { answer, type Env, sinkOf } from "./events.ts"

export default {
  fetch: async (request: Request, env: Env, ctx: { waitUntil: (promise: Promise<void>) => void }) => {
    const tracking = Tracking.make({ sinks: sinkOf(env) })
    const answered = answer(tracking, request)
    ctx.waitUntil(answered.then(() => tracking.close()))
    return answered
  }
}
