/** The demo in its own process, which can be paused while another is measured. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as http from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { arrivals, openLoop } from "./openLoop.ts"
import type { Spent } from "./watch.ts"

const demo = fileURLToPath(new URL("../../../demo/src/main.ts", import.meta.url))
const watch = new URL("watch.ts", import.meta.url).href

export interface Shop {
  readonly url: string
  readonly process: ChildProcess
}

/** Starts the demo, and returns once it listens. */
export const open = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Promise<Shop> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", watch, demo, "--port", "0", ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "ignore", "ipc"]
    })
    let printed = ""
    child.once("exit", (code) => reject(new Error(`the demo ended with code ${code}`)))
    child.stdout!.on("data", (text) => {
      printed += text
      const url = /The shop: +(http:\S+?)\/?\s/.exec(printed)?.[1]
      if (url !== undefined) resolve({ url, process: child })
    })
  })

export const pause = ({ process }: Shop): boolean => process.kill("SIGSTOP")
export const close = ({ process }: Shop): boolean => process.kill("SIGKILL")

const spent = async ({ process }: Shop): Promise<Spent> => {
  process.send!("spent")
  const [message] = (await once(process, "message")) as [Spent]
  return message
}

/** A buyer changes a quantity. */
const act = (url: string, agent: http.Agent, qty: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const body = `qty=${qty}`
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": body.length }
    const path = `${url}/orders/1201/lines/4001/quantity`
    const request = http.request(path, { method: "POST", agent, headers }, (response) => {
      response.once("error", reject).resume()
      response.once("end", () =>
        response.statusCode! < 400 ? resolve() : reject(new Error(`the shop answered ${response.statusCode}`))
      )
    })
    request.once("error", (error: NodeJS.ErrnoException) => {
      // The shop has just closed an idle connection.
      if (request.reusedSocket && error.code === "ECONNRESET") resolve(act(url, agent, qty))
      else reject(error)
    })
    request.end(body)
  })

/** The figures of one turn of a shop. */
export interface Turn extends Spent {
  /** The milliseconds from the arrival of each act to its response. */
  readonly times: ReadonlyArray<number>
}

let qty = 0

/** Resumes a shop, lets buyers act in it for some seconds, and pauses it again. */
export const turn = async (shop: Shop, rate: number, seconds: number, seed: number): Promise<Turn> => {
  shop.process.kill("SIGCONT")
  // Timers that came due during the pause are not part of the turn.
  await sleep(200)
  await spent(shop)
  // A shop that was paused for seconds closes its connections.
  const agent = new http.Agent({ keepAlive: true, timeout: 2_000 })
  const times = await openLoop(arrivals(rate, seconds, seed), () => act(shop.url, agent, 1 + (qty++ % 9_000)))
  const turn = { times, ...(await spent(shop)) }
  agent.destroy()
  pause(shop)
  return turn
}
