import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { generate } from "./generate.ts"
import type { Program } from "./program.ts"
import { type Failure, runSeeds } from "./seeds.ts"
import { judge, shrink } from "./shrink.ts"
import * as statistics from "./statistics.ts"

const usage = `Simulates the tracker.

  --seeds N        how many programs (default: 10,000)
  --from N         the first seed (default: random)
  --seed N         the program of one seed
  --history FILE   a program that was printed, as JSON
  --workers N      threads (default: one per processor)
`

/** What a thread does: every `step`th seed of a range. */
interface Share {
  readonly from: number
  readonly to: number
  readonly step: number
}

/** What a thread tells: how far it has come, and at last whether a law was broken. */
interface Told {
  readonly statistics: statistics.Statistics
  readonly done: boolean
  readonly failure: Failure | undefined
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
const tell = (told: Told): void => parentPort!.postMessage(told)

const work = ({ from, step, to }: Share): void => {
  const seeds = runSeeds(from, to, step)
  let counts: statistics.Statistics = {}
  let told = performance.now()
  for (;;) {
    const next = seeds.next()
    if (next.done === true) return tell({ statistics: counts, done: true, failure: next.value })
    statistics.add(counts, next.value.statistics)
    if (performance.now() - told < 200) continue
    tell({ statistics: counts, done: false, failure: undefined })
    counts = {}
    told = performance.now()
  }
}

/** Runs a range of seeds on some threads, up to the first that breaks a law. */
const runAll = async (from: number, count: number, threads: number): Promise<Failure | undefined> => {
  const began = performance.now()
  const all: statistics.Statistics = {}
  const failures: Array<Failure> = []
  const workers = Array.from({ length: Math.min(threads, count) }, (_, index) => {
    const share: Share = { from: from + index, to: from + count, step: Math.min(threads, count) }
    return new Worker(new URL(import.meta.url), { workerData: share })
  })
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          worker.on("error", reject)
          worker.on("exit", () => resolve())
          worker.on("message", ({ failure, statistics: more }: Told) => {
            statistics.add(all, more)
            if (process.stdout.isTTY) {
              process.stdout.write(
                `\r${all["programs"]!.toLocaleString("en")} of ${count.toLocaleString("en")} programs `
              )
            }
            if (failure === undefined) return
            failures.push(failure)
            for (const other of workers) void other.terminate()
          })
        })
    )
  )
  if (process.stdout.isTTY) process.stdout.write("\r")
  const seconds = (performance.now() - began) / 1_000
  for (const [name, number] of Object.entries(all)) print(`${number.toLocaleString("en").padStart(16)}  ${name}`)
  print(
    `${Math.round((all["programs"] ?? 0) / seconds)
      .toLocaleString("en")
      .padStart(16)}  programs a second`
  )
  return failures.sort((a, b) => a.seed - b.seed)[0]
}

/** Prints the shortest program found that breaks the same law. */
const report = (program: Program, law: string, detail: string): void => {
  print(`${law}: ${detail}`)
  const shortest = shrink(program, law)
  print(`The shortest program found that breaks this law, for --history: ${judge(shortest).violation?.detail}`)
  print(layOut(shortest))
  process.exitCode = 1
}

const lines = (list: ReadonlyArray<unknown>, indent: string): string =>
  `[${list.map((one) => `\n${indent}  ${JSON.stringify(one)}`).join(",")}\n${indent}]`

/** JSON with a line for each step and each sink. */
const layOut = ({ fibers, sinks, ...others }: Program): string => {
  const rest = Object.entries(others).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`)
  const steps = fibers.map((fiber) => `\n    ${lines(fiber, "    ")}`).join(",")
  return `{\n${rest.join(",\n")},\n  "sinks": ${lines(sinks, "  ")},\n  "fibers": [${steps}\n  ]\n}`
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "10000" },
      from: { type: "string" },
      seed: { type: "string" },
      history: { type: "string" },
      workers: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return print(usage)
  if (values.seed !== undefined || values.history !== undefined) {
    const program =
      values.history === undefined
        ? generate(Number(values.seed))
        : (JSON.parse(readFileSync(values.history, "utf8")) as Program)
    const { history, violation } = judge(program)
    if (violation !== undefined) return report(program, violation.law, violation.detail)
    for (const [name, number] of Object.entries(statistics.of(history!)))
      print(`${String(number).padStart(16)}  ${name}`)
    return print("Every law holds.")
  }
  const from = values.from === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.from)
  print(`Seeds from ${from}.`)
  const failure = await runAll(from, Number(values.seeds), Number(values.workers))
  if (failure === undefined) return print("Every law holds.")
  print(`Seed ${failure.seed} breaks a law.`)
  report(generate(failure.seed), failure.law, failure.detail)
}

if (isMainThread) await main()
else work(workerData as Share)
