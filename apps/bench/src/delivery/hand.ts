/** Delivery written by hand: literals, JSON.stringify, node:http on one connection, and batches of 100, each awaited. */
import { randomUUID } from "node:crypto"
import * as Http from "node:http"
import { event, lineOf, propertiesOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

const agent = new Http.Agent({ keepAlive: true })

const post = (url: string, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
    const request = Http.request(url, { method: "POST", agent, headers, auth: "write-key:" }, (response) => {
      response.once("error", reject).resume()
      response.once("end", () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`status ${response.statusCode}`))
      })
    })
    request.once("error", reject).end(body)
  })

const batches = (url: string, messageOf: (index: number) => unknown, bodyOf: (messages: string) => string): Sender => ({
  send: (from, count) =>
    inTurns(from, count, 100, (next, to) => {
      const messages: Array<string> = []
      for (let i = next; i < to; i++) messages.push(JSON.stringify(messageOf(i)))
      return post(url, bodyOf(messages.join(",")))
    })
})

export const segment = (url: string): Sender =>
  batches(
    `${url}/v1/batch`,
    (index) => ({
      type: "track",
      event,
      properties: propertiesOf(lineOf(index)),
      userId,
      messageId: randomUUID(),
      timestamp: new Date().toISOString()
    }),
    (messages) => `{"batch":[${messages}],"sentAt":"${new Date().toISOString()}"}`
  )

export const mixpanel = (url: string): Sender =>
  batches(
    `${url}/import?strict=1`,
    (index) => ({
      event,
      properties: {
        ...propertiesOf(lineOf(index)),
        time: Date.now(),
        distinct_id: userId,
        $insert_id: randomUUID(),
        $user_id: userId,
        ip: 0
      }
    }),
    (messages) => `[${messages}]`
  )
