import { createInstance } from "@amplitude/analytics-node"
import { event, lineOf, propertiesOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

/** Sends `messages` events in a request. Its own default is 200. */
export const amplitude =
  (messages: number) =>
  async (url: string): Promise<Sender> => {
    const client = createInstance()
    await client.init("api-key", { serverUrl: `${url}/2/httpapi`, flushQueueSize: messages, logLevel: 0 }).promise
    return {
      // It has no back-pressure: its queue has no limit.
      send: (from, count) =>
        inTurns(from, count, 1000, (next, to) => {
          for (let i = next; i < to; i++) client.track(event, propertiesOf(lineOf(i)), { user_id: userId })
          return client.flush().promise
        })
    }
  }
