import { type ChildProcess, spawn } from "node:child_process"
import { createServer, type AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import autocannon from "autocannon"
import { compare, type Label, type Measured, type Question } from "./Report.ts"

const demo = fileURLToPath(new URL("../../demo/src/main.ts", import.meta.url))

const rate = 500
/** Seconds that a turn takes, and turns of each shop in a round. */
const turn = 4
const turns = 3
const rounds = 5

/** A port that nobody listens on. */
const closedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

interface Shop {
  readonly url: string
  readonly process: ChildProcess
}

/** The demo as a process of its own, once it listens. */
const open = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Promise<Shop> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [demo, "--port", "0", ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "ignore"]
    })
    let printed = ""
    child.once("exit", (code) => reject(new Error(`the demo ended with code ${code}`)))
    child.stdout.on("data", (text) => {
      printed += text
      const url = /The shop: +(http:\S+?)\/?\s/.exec(printed)?.[1]
      if (url !== undefined) resolve({ url, process: child })
    })
  })

/** A person changes quantities, with or without looking around in between. */
const visits = {
  acts: [{ method: "POST", path: "/orders/1201/lines/4001/quantity" }],
  visits: [
    { method: "GET", path: "/catalogue" },
    { method: "GET", path: "/orders/1201" },
    { method: "POST", path: "/orders/1201/lines/4001/quantity" },
    { method: "GET", path: "/orders" }
  ]
} as const

type Visit = keyof typeof visits

/** Milliseconds of each request of one turn. */
const load = ({ url }: Shop, visit: Visit): Promise<ReadonlyArray<number>> =>
  new Promise((resolve, reject) => {
    const times: Array<number> = []
    let wrong = 0
    let qty = 0
    const requests = visits[visit].map(({ method, path }): autocannon.Request =>
      method === "GET"
        ? { method, path }
        : {
            method,
            path,
            headers: { "content-type": "application/x-www-form-urlencoded" },
            setupRequest: (request) => ({ ...request, body: `qty=${1 + (qty++ % 9_000)}` })
          }
    )
    const options = { url, connections: 50, overallRate: rate, duration: turn, requests }
    const running = autocannon(options, (error, result) => {
      if (error !== null) return reject(error)
      if (wrong + result.errors > 0)
        return reject(new Error(`${wrong + result.errors} requests were not answered well`))
      resolve(times)
    })
    running.on("response", (_, status, __, milliseconds) => {
      times.push(milliseconds)
      if (status >= 400) wrong++
    })
  })

const percentile = (values: ReadonlyArray<number>, share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]!

/** Shops take turns. One that waits is stopped, and takes nothing from the other. */
const measured = async (
  shops: readonly [Shop, Shop],
  visit: Visit
): Promise<ReadonlyArray<readonly [ReadonlyArray<number>, ReadonlyArray<number>]>> => {
  const loaded = async (shop: Shop) => {
    shop.process.kill("SIGCONT")
    const times = await load(shop, visit)
    shop.process.kill("SIGSTOP")
    return times
  }
  const results: Array<readonly [ReadonlyArray<number>, ReadonlyArray<number>]> = []
  for (const shop of shops) await loaded(shop)
  for (let round = 0; round < rounds; round++) {
    const times: [Array<number>, Array<number>] = [[], []]
    for (let i = 0; i < turns; i++) {
      for (const which of i % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        times[which].push(...(await loaded(shops[which])))
      }
    }
    results.push(times)
  }
  return results
}

const label = (name: string, target: number | null): Label => ({ name, unit: "ms", baseline: "untracked", target })

const rowsOf = async (
  shops: readonly [Shop, Shop],
  visit: Visit,
  what: string,
  target: number | null
): Promise<ReadonlyArray<Measured>> => {
  const times = await measured(shops, visit)
  return ([0.99, 0.5] as const).map((share) =>
    compare(
      label(`p${share * 100} of ${what}`, share === 0.99 ? target : null),
      times.map(([tracked]) => percentile(tracked, share)),
      times.map(([, untracked]) => percentile(untracked, share))
    )
  )
}

/** What tracking adds to the time of a request while every sink is down. */
export const latency: Question = {
  name: "latency",
  measure: async () => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`
    const down = {
      SEGMENT_WRITE_KEY: "key",
      SEGMENT_ENDPOINT: endpoint,
      MIXPANEL_TOKEN: "token",
      MIXPANEL_ENDPOINT: endpoint
    }
    const shops = await Promise.all([open([], down), open(["--untracked"], {})])
    try {
      return [
        ...(await rowsOf(shops, "visits", `requests to the demo, ${rate} a second, a quarter acts, sinks down`, 1.05)),
        ...(await rowsOf(shops, "acts", `acts in the demo, ${rate} a second, sinks down`, null))
      ]
    } finally {
      for (const { process } of shops) process.kill("SIGKILL")
    }
  }
}
