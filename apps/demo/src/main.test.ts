import { spawn } from "node:child_process"
import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { build } from "esbuild"
import { afterAll, beforeAll } from "vitest"
import { values } from "../../../fixtures/wholesale/rows.ts"

/** The design's first example, with the same values in the same order. */
const example = { action: "orderLineUpdated", ...values }

const source = join(import.meta.dirname, "main.ts")

/** The program in a few files, which Node starts in a third of the time. It is where it finds its packages, with the stylesheet beside it. */
const built = mkdtempSync(join(import.meta.dirname, "../.copies-"))
const program = join(built, "main.js")
beforeAll(async () => {
  copyFileSync(join(import.meta.dirname, "http/shop.css"), join(built, "shop.css"))
  // @trackmap/duckdb starts a file of its own.
  const external = (path: string) => !/^(?:#|effect\/|@effect\/|@trackmap\/(?!duckdb))/.test(path)
  await build({
    entryPoints: [source],
    outdir: built,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    keepNames: true,
    logLevel: "error",
    plugins: [
      {
        name: "externals",
        setup: (it) =>
          it.onResolve({ filter: /^[^./]/ }, ({ path }) => (external(path) ? { external: true } : undefined))
      }
    ]
  })
})
afterAll(() => rmSync(built, { recursive: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The environment without real keys or forced colours. */
const { FORCE_COLOR: _force, MIXPANEL_TOKEN: _token, SEGMENT_WRITE_KEY: _key, ...env } = process.env

interface Stop {
  /** SIGPIPE closes the demo's output. */
  readonly signal: "SIGINT" | "SIGTERM" | "SIGPIPE"
  /** The output that must appear first, and the milliseconds after it. */
  readonly at: RegExp
  readonly after: number
}

/** Runs the demo, and sends it a signal if requested. */
const demo = (args: ReadonlyArray<string> = [], stop?: Stop, main = program) =>
  Effect.callback<Ended>((resume) => {
    const child = spawn(process.execPath, [main, ...args], { env })
    let [stdout, stderr, stopped] = ["", "", false]
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      if (stop === undefined || stopped || !stop.at.test(stdout)) return
      stopped = true
      setTimeout(() => (stop.signal === "SIGPIPE" ? child.stdout.destroy() : child.kill(stop.signal)), stop.after)
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("close", (code) => resume(Effect.succeed({ code, stdout, stderr })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const number = (text: string): number => Number(text.replaceAll(",", "").replace(" ms", ""))

/** The table of a day, by sink and column, and its number of events. */
const tableOf = (stdout: string) => {
  const text = stdout.slice(stdout.search(/^[\d,]+ events of/m))
  const rows = text
    .split("\n")
    .slice(2, text.split("\n").indexOf("", 2))
    .map((line) => line.split(/ {2,}/))
  const [titles = [], ...cells] = rows
  const sinks = cells.map(([sink, ...values]) => {
    // The console has no bytes column.
    const full = values.length === titles.length - 1 ? values : values.toSpliced(6, 0, "0")
    return [sink!, Object.fromEntries(full.map((value, index) => [titles[index + 1]!, number(value)]))] as const
  })
  return { events: number(text.split(" ")[0]!), sinks: new Map<string, Record<string, number>>(sinks), text }
}

const outcomes = ["delivered", "skipped", "rejected", "expired", "dropped"]
const received = (counts: Record<string, number>): number =>
  outcomes.reduce((sum, outcome) => sum + counts[outcome]!, 0)

/** Asserts what is true of every day, however it ended. */
const assertLawful = (stdout: string, sinks: ReadonlyArray<string>) => {
  const table = tableOf(stdout)
  assert.deepStrictEqual([...table.sinks.keys()], sinks)
  for (const counts of table.sinks.values()) assert.strictEqual(received(counts), table.events)
  const en = (value: number, what: string) => `${value.toLocaleString("en")} ${what}${value === 1 ? "" : "s"}`
  const counted = [en(table.events, "event"), en(sinks.length, "sink"), en(table.events * sinks.length, "receipt")]
  const [events, times, receipts] = counted
  assert.include(table.text, `Every event has one receipt from every sink: ${events} × ${times} = ${receipts}.`)
  return table
}

describe("a line", () => {
  it.live("prints the example's event, its keys and values in order, and how many queries it took", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* demo(["--line", "1001"], undefined, source)
      assert.deepStrictEqual([code, stderr], [0, ""])
      const pairs = [...stdout.matchAll(/^ {2}(\w+) +(.*)$/gm)].map(([, key, value]) => [key, JSON.parse(value!)])
      assert.deepStrictEqual(pairs, Object.entries(example))
      assert.include(stdout, "14 keys, from 4 queries.")
    })
  )

  it.live("prints only the event with --json, of line 1001 by default", () =>
    Effect.gen(function* () {
      for (const { code, stderr, stdout } of [yield* demo(["--line", "1001", "--json"]), yield* demo(["--json"])]) {
        assert.deepStrictEqual([code, stderr, stdout], [0, "", `${JSON.stringify(example)}\n`])
      }
    })
  )

  it.live("is the same at every start", () =>
    Effect.gen(function* () {
      const [one, again] = yield* Effect.all([demo(["--line", "7", "--json"]), demo(["--line", "7", "--json"])], {
        concurrency: 2
      })
      assert.strictEqual(one.stdout, again.stdout)
      assert.deepInclude(JSON.parse(one.stdout), { OrderLine_id: 7 })
      assert.deepStrictEqual(Object.keys(JSON.parse(one.stdout)), Object.keys(example))
    })
  )

  it.live("says of an id that is not there which ones are, with exit code 1 and nothing on standard output", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* demo(["--line", "99999", "--json"])
      assert.deepStrictEqual(
        [code, stdout, stderr],
        [1, "", "There is no order line 99999. Try --line with a number from 1 to 4000.\n"]
      )
    })
  )

  it.live("says what is wrong with an id that is no number, with exit code 1", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* demo(["--line", "first"])
      assert.strictEqual(code, 1)
      assert.include(stderr, 'Invalid value for flag --line: "first"')
    })
  )
})

describe("a day", () => {
  it.live("is tracked into all sinks, and nothing is lost but what Mixpanel does not take", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* demo(["day"])
      assert.deepStrictEqual([code, stderr], [0, ""])
      const { events, sinks } = assertLawful(stdout, ["console", "segment", "mixpanel"])
      const [console, segment, mixpanel] = [...sinks.values()] as [any, any, any]
      assert.isAbove(events, 2_000)
      assert.strictEqual(segment.delivered, events)
      assert.isAbove(segment.retried, 0)
      assert.isAtLeast(segment.p99, 1_000)
      assert.isAbove(segment.bytes, 100 * events)
      assert.deepStrictEqual([mixpanel.delivered + mixpanel.rejected, mixpanel.retried], [events, 0])
      assert.include(stdout, "Mixpanel does not allow this userId")
      assert.isAbove(mixpanel.rejected, 0)
      assert.isBelow(mixpanel.rejected, 100)
      assert.strictEqual(stdout.match(/^[\d:.]{12} (identify|group|track) /gm)?.length, console.delivered)
      assert.isTrue(
        (stdout.match(/^[\d:.]{12} .*$/gm) ?? []).every((line) => line.length <= 140),
        "lines are cut"
      )
      // Without a terminal, the output has neither a bar nor colours.
      for (const mark of ["\u001B", "\r", "█", "░"]) assert.notInclude(stdout, mark)
      assert.notMatch(stdout, /retail\.example/)
    })
  )

  it.live("goes to the sinks that are chosen, which see the same day", () =>
    Effect.gen(function* () {
      const choices = ["console", "segment", "mixpanel", "mixpanel, console"]
      const days = yield* Effect.forEach(choices, (sinks) => demo(["day", "--sinks", sinks]), {
        concurrency: "unbounded"
      })
      const events = days.map(({ code, stderr, stdout }, index) => {
        assert.deepStrictEqual([code, stderr], [0, ""])
        return assertLawful(stdout, choices[index]!.split(", ")).events
      })
      assert.strictEqual(new Set(events).size, 1)
    })
  )

  it.live("fills a warehouse with yesterday's hours, which another program can open", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "day.duckdb")
      const { code, stderr, stdout } = yield* demo(["day", "--sinks", "segment", "--warehouse", file])
      assert.deepStrictEqual([code, stderr], [0, ""])
      const { events, sinks } = assertLawful(stdout, ["segment", "warehouse"])
      assert.strictEqual(sinks.get("warehouse")!["delivered"], events)
      const rows = yield* query(
        file,
        `SELECT count("Manufacturer_name"), count(DISTINCT epoch_ms("timestamp") // 3600000), count(DISTINCT epoch_ms("timestamp") // 86400000) FROM order_line_added`
      )
      const [lines, hours, days] = rows[0]!.map(Number)
      assert.isAbove(lines!, 1_000)
      assert.isAtLeast(hours!, 10)
      assert.strictEqual(days, 1)
      assert.deepStrictEqual(yield* query(file, "SELECT count(*) FROM misfits"), [[0n]])
    })
  )

  it.live("says of a sink that is not there which ones are, with exit code 1 and nothing on standard output", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* demo(["day", "--sinks", "segment,amplitude"])
      assert.deepStrictEqual(
        [code, stdout, stderr],
        [1, "", 'There is no sink "amplitude". Try --sinks with some of console,segment,mixpanel,warehouse.\n']
      )
    })
  )

  it.live("that is cut short by a signal has all its receipts too", () =>
    Effect.gen(function* () {
      const signals = ["SIGINT", "SIGTERM"] as const
      // At nine, and while Segment does not respond.
      const times = [500, 2_500]
      const days = yield* Effect.forEach(
        signals.flatMap((signal) => times.map((after) => ({ signal, after }))),
        ({ after, signal }) =>
          Effect.map(
            demo(["day", "--sinks", "segment,mixpanel"], { at: /Mixpanel: using/, signal, after }),
            (ended) => [after, ended] as const
          ),
        { concurrency: "unbounded" }
      )
      for (const [after, { code, stderr, stdout }] of days) {
        assert.deepStrictEqual([code, stderr], [130, ""])
        const { events, sinks } = assertLawful(stdout, ["segment", "mixpanel"])
        // A slow machine may have no event yet at nine.
        if (after > times[0]!) assert.isAbove(events, 0)
        assert.isBelow(events, 3_000)
        assert.strictEqual(sinks.get("segment")!["delivered"], events)
      }
    })
  )

  it.live("ends well where nobody reads on", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* demo(["day", "--sinks", "console,segment"], {
        at: /Segment: using/,
        signal: "SIGPIPE",
        after: 1_000
      })
      assert.deepStrictEqual([code, stderr], [130, ""])
    })
  )
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "demo-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** What a file of DuckDB answers. */
const query = (file: string, sql: string) =>
  Effect.promise(async () => {
    const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" })
    const connection = await instance.connect()
    try {
      return await (await connection.run(sql)).getRows()
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })

/** Starts the shop, visits it, and ends it. */
const open = <A, E>(args: ReadonlyArray<string>, visit: (address: string) => Effect.Effect<A, E>) =>
  Effect.callback<Ended & { readonly visited: Exit.Exit<A, E> | undefined }>((resume) => {
    const child = spawn(process.execPath, [program, ...args], { env })
    let [stdout, stderr] = ["", ""]
    let visited: Exit.Exit<A, E> | undefined
    let begun = false
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      const address = /The shop: +(http:[^ ]+)\/\n[^]*Ctrl-C/.exec(stdout)?.[1]
      if (address === undefined || begun) return
      begun = true
      void Effect.runPromiseExit(visit(address)).then((exit) => {
        visited = exit
        child.kill("SIGTERM")
        return undefined
      })
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("close", (code) => resume(Effect.succeed({ code, stdout, stderr, visited })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const get = (url: string) => Effect.promise(() => fetch(url).then((answer) => answer.text()))
const post = (url: string, fields: Record<string, string>) =>
  Effect.promise(() => fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" }))

/** Listens on a port while an effect runs. */
const taken = <A, E, R>(port: number, use: (port: number) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.callback<Server | undefined>((resume) => {
      const server = createServer()
      server.once("error", () => resume(Effect.succeed(undefined)))
      server.listen(port, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => use(server === undefined ? port : (server.address() as AddressInfo).port),
    (server) => Effect.sync(() => server?.close())
  )

describe("the shop", () => {
  it.live("says where it is and where events go, and ends on a signal with all of them delivered", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout, visited } = yield* open(["--port", "0", "--sinks", "console,segment"], (address) =>
        Effect.gen(function* () {
          // An unfinished response does not delay the end.
          const { hostname, port } = new URL(address)
          connect(Number(port), hostname)
            .on("error", () => {})
            .write("POST /lines HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
          yield* post(`${address}/orders/1201/lines/4001/quantity`, { qty: "5" })
          return yield* get(`${address}/`)
        })
      )
      assert.include(visited?._tag === "Success" ? visited.value : visited, 'value="5"')
      assert.deepStrictEqual([code, stderr], [130, ""])
      const lines = stdout.split("\n")
      assert.match(lines[0]!, /^The shop: {6}http:\/\/127\.0\.0\.1:\d+\/$/)
      assert.strictEqual(lines[1], lines[0]!.replace("shop:     ", "inspector:") + "inspector/")
      assert.deepStrictEqual([lines[2], lines[3], lines[5]], ["Events go to:", "  Terminal", "Press Ctrl-C to stop."])
      assert.match(
        lines[4]!,
        /^ {2}Segment: a local stand-in at http:\/\/127\.0\.0\.1:\d+; set SEGMENT_WRITE_KEY to use the real one$/
      )
      assert.match(lines[6]!, / track +orderLineUpdated/)
      assert.strictEqual(lines.length, 8)
    })
  )

  it.live("says that a port is taken where it was asked for, and takes another where it was not", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* taken(0, (port) => demo(["--port", String(port)]))
      assert.deepStrictEqual([code, stdout], [1, ""])
      assert.match(stderr, /^Port \d+ is taken\. Try another one with --port, or omit --port\.\n$/)
      const other = yield* taken(4_000, () => open(["--sinks", "segment"], get))
      assert.strictEqual(other.visited?._tag, "Success")
      assert.notMatch(other.stdout, /127\.0\.0\.1:4000/)
      const impossible = yield* demo(["--port", "70000"])
      assert.strictEqual(impossible.code, 1)
      assert.include(impossible.stderr, "A port must be a number from 0 to 65535")
    })
  )

  it.live("serves all the same where nothing is tracked", () =>
    Effect.gen(function* () {
      const visit = (address: string) =>
        Effect.gen(function* () {
          const { headers, status } = yield* post(`${address}/orders/1201/lines/4001/quantity`, { qty: "5" })
          return [status, headers.get("location"), yield* get(`${address}/vendors`)] as const
        })
      const { code, stdout, visited } = yield* open(["--port", "0", "--untracked"], visit)
      assert.strictEqual(code, 130)
      assert.deepStrictEqual(visited?._tag === "Success" && visited.value.slice(0, 2), [303, "/orders/1201"])
      assert.include(stdout, "Tracking is off.")
      assert.notInclude(JSON.stringify(visited), "Segment")
    })
  )
})
