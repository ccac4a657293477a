import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { type Failure, runSeeds } from "./seeds.ts"
import { shrink } from "./shrink.ts"
import type { Ordered, Simulation } from "./simulation.ts"
import * as statistics from "./statistics.ts"

const usage = (title: string): string => `Simulates ${title}.

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

const work = async <P extends Ordered, H>(simulation: Simulation<P, H>, { from, step, to }: Share): Promise<void> => {
  const seeds = runSeeds(simulation, from, to, step)
  let counts: statistics.Statistics = {}
  let told = performance.now()
  for (;;) {
    const next = await seeds.next()
    if (next.done === true) return tell({ statistics: counts, done: true, failure: next.value })
    statistics.add(counts, next.value.statistics)
    if (performance.now() - told < 200) continue
    tell({ statistics: counts, done: false, failure: undefined })
    counts = {}
    told = performance.now()
  }
}

/** Runs a range of seeds on some threads, up to the first that breaks a law. */
const runAll = async (entry: string, from: number, count: number, threads: number): Promise<Failure | undefined> => {
  const began = performance.now()
  const all: statistics.Statistics = {}
  const failures: Array<Failure> = []
  const workers = Array.from({ length: Math.min(threads, count) }, (_, index) => {
    const share: Share = { from: from + index, to: from + count, step: Math.min(threads, count) }
    return new Worker(new URL(entry), { workerData: share })
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
const report = async <P extends Ordered, H>(
  simulation: Simulation<P, H>,
  program: P,
  { detail, law }: Pick<Failure, "detail" | "law">
): Promise<void> => {
  print(`${law}: ${detail}`)
  const shortest = await shrink(simulation, program, law)
  const { violation } = await simulation.judge(shortest)
  print(`The shortest program found that breaks this law, for --history: ${violation?.detail}`)
  print(layOut(shortest))
  process.exitCode = 1
}

const lines = (list: ReadonlyArray<unknown>, indent: string): string =>
  `[${list.map((one) => `\n${indent}  ${JSON.stringify(one)}`).join(",")}\n${indent}]`

/** JSON with a line for each step and each sink. */
const layOut = ({ fibers, sinks, ...others }: Ordered): string => {
  const rest = Object.entries(others).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`)
  const steps = fibers.map((fiber) => `\n    ${lines(fiber, "    ")}`).join(",")
  return `{\n${rest.join(",\n")},\n  "sinks": ${lines(sinks, "  ")},\n  "fibers": [${steps}\n  ]\n}`
}

const run = async <P extends Ordered, H>(simulation: Simulation<P, H>, entry: string): Promise<void> => {
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
  if (values.help) return print(usage(simulation.title))
  if (values.seed !== undefined || values.history !== undefined) {
    const program =
      values.history === undefined
        ? simulation.generate(Number(values.seed))
        : (JSON.parse(readFileSync(values.history, "utf8")) as P)
    const { history, violation } = await simulation.judge(program)
    if (violation !== undefined) return report(simulation, program, violation)
    for (const [name, number] of Object.entries(simulation.statisticsOf(history!)))
      print(`${String(number).padStart(16)}  ${name}`)
    return print("Every law holds.")
  }
  const from = values.from === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.from)
  print(`Seeds from ${from}.`)
  const failure = await runAll(entry, from, Number(values.seeds), Number(values.workers))
  if (failure === undefined) return print("Every law holds.")
  print(`Seed ${failure.seed} breaks a law.`)
  return report(simulation, simulation.generate(failure.seed), failure)
}

/** Runs a simulation as the command line says. `entry` is the module that calls this, which also runs in each thread. */
export const main = <P extends Ordered, H>(simulation: Simulation<P, H>, entry: string): Promise<void> =>
  isMainThread ? run(simulation, entry) : work(simulation, workerData as Share)
