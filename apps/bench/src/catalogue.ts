/** What the command takes for large plans, how that grows, and how large the catalogue's site is. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { Diff, Lock, PlanModule } from "@trackmap/cli"
import * as Effect from "effect/Effect"
import { compare, type Measured, type Question } from "./Report.ts"

const here = import.meta.dirname
const bin = join(here, "../../../packages/cli/bin/trackmap.js")
const plan = join(here, "catalogue/plan.ts")

const rounds = 3
/** The plan of the limits. */
const whole = 2_000
const sizes = [100, 500, 1_000, whole, 2 * whole]
/** The limit for how many times as long twice the plan may take, without the start of the process. */
const mostGrowth = 2.4
/** The limit of memory, in megabytes, without those of the start. */
const mostMemory = 500

interface Used {
  readonly ms: number
  readonly cpu: number
  readonly megabytes: number
}

interface Place {
  readonly folder: string
  readonly lock: string
}

interface Command {
  readonly name: string
  readonly args: (at: Place) => ReadonlyArray<string>
  /** The limit in milliseconds, without those of the start. */
  readonly most: number
}

const commands: ReadonlyArray<Command> = [
  { name: "lock", args: ({ lock }) => ["lock", plan, "--lock", lock], most: 3_000 },
  { name: "diff", args: ({ lock }) => ["diff", plan, "--lock", lock], most: 3_000 },
  { name: "check", args: () => ["check", plan], most: 3_000 },
  { name: "catalog", args: ({ folder }) => ["catalog", plan, "--out", join(folder, "markdown")], most: 3_000 },
  {
    name: "catalog --site",
    args: ({ folder, lock }) => ["catalog", plan, "--lock", lock, "--site", join(folder, "site")],
    most: 5_000
  }
]

/** Runs the command in a process of its own, for a plan of so many events. Its exit code 1 says what it has found. */
const run = ({ folder }: Place, events: number, args: ReadonlyArray<string>): Used => {
  const usage = join(folder, "usage.json")
  const env = { ...process.env, EVENTS: String(events), USAGE: usage, NO_COLOR: "1" }
  const node = ["--import", join(here, "catalogue/usage.ts"), bin, ...args]
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, node, { env, encoding: "utf8" })
  const ms = performance.now() - started
  if (status !== 0 && status !== 1) throw new Error(`trackmap ${args.join(" ")}: ${stderr}`)
  return { ms, ...(JSON.parse(readFileSync(usage, "utf8")) as Omit<Used, "ms">) }
}

const inFolder = <A>(use: (at: Place) => A): A => {
  const folder = mkdtempSync(join(tmpdir(), "trackmap-catalogue-"))
  try {
    return use({ folder, lock: join(folder, "trackmap.lock") })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The megabytes of the files of a folder. */
const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1e6

interface Round {
  /** By command. */
  readonly used: ReadonlyMap<string, Used>
  readonly site: number
}

/** Every command once, for a plan of so many events. */
const roundOf = (events: number): Round =>
  inFolder((at) => {
    const used = new Map(commands.map(({ args, name }) => [name, run(at, events, args(at))] as const))
    return { used, site: sizeOf(join(at.folder, "site")) }
  })

/** The smallest plan, whose figures are those of the start. */
const least = 2

const counted = (events: number): string => `${events.toLocaleString("en-US")} events`

const commandRows = (): ReadonlyArray<Measured> => {
  const all = Array.from(
    { length: rounds },
    () => new Map([least, ...sizes].map((events) => [events, roundOf(events)]))
  )
  const of = (name: string, events: number, part: keyof Used) =>
    all.map((round) => round.get(events)!.used.get(name)![part])
  const start = `${least} events`
  const rows = commands.flatMap(({ most, name }) => {
    const grown = (events: number) => of(name, events, "cpu").map((cpu, at) => cpu - of(name, least, "cpu")[at]!)
    const bySize = sizes.map((events) =>
      compare(
        {
          name: `${name}, ${counted(events)}`,
          unit: "ms",
          baseline: start,
          target: events === whole ? most : null,
          by: "difference"
        },
        of(name, events, "ms"),
        of(name, least, "ms")
      )
    )
    return bySize.concat(
      compare(
        { name: `${name}, ${counted(2 * whole)}`, unit: "ms CPU", baseline: "half as many", target: mostGrowth },
        grown(2 * whole),
        grown(whole)
      ),
      compare(
        {
          name: `${name}, ${counted(whole)}`,
          unit: "MB memory",
          baseline: start,
          target: mostMemory,
          by: "difference"
        },
        of(name, whole, "megabytes"),
        of(name, least, "megabytes")
      )
    )
  })
  const site = (events: number) => all.map((round) => round.get(events)!.site)
  return [
    ...rows,
    compare(
      { name: `the site, ${counted(whole)}`, unit: "MB", baseline: start, target: 5, by: "difference" },
      site(whole),
      site(least)
    )
  ]
}

const timed = async <A>(work: () => Promise<A>): Promise<readonly [ms: number, result: A]> => {
  const started = performance.now()
  const result = await work()
  return [performance.now() - started, result]
}

/** Loads two versions of the plan. */
const load = async () => {
  const plans = []
  for (const next of ["0", "1"]) {
    process.env["NEXT"] = next
    plans.push((await Effect.runPromise(PlanModule.load(plan))).plan)
  }
  return plans
}

/** Comparing two plans, with loading them, by loading them alone. */
const diffRow = async (): Promise<Measured> => {
  process.env["EVENTS"] = String(whole)
  const samples: Array<readonly [both: number, load: number]> = []
  for (let round = -1; round < rounds; round++) {
    const [loading] = await timed(load)
    const [both] = await timed(async () => {
      const [before, after] = (await load()).map((one) => Lock.make(one))
      const { changes } = Diff.between(before!, after!)
      if (changes.length === 0) throw new Error("the plans do not differ")
    })
    // The first is that of code that is not compiled yet.
    if (round >= 0) samples.push([both, loading])
  }
  return compare(
    { name: `diff of two plans, ${counted(whole)}`, unit: "ms", baseline: "loading them", target: 1.5 },
    samples.map(([both]) => both),
    samples.map(([, loading]) => loading)
  )
}

export const catalogue: Question = {
  name: "catalogue",
  measure: async () => [...commandRows(), await diffRow()]
}
