import * as assert from "node:assert/strict"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { getHeapStatistics } from "node:v8"
import { measure } from "mitata"

/** One way to do the work, measured in a process of its own so that no other way spoils its type feedback. */
export interface Contestant {
  /** What the work gives: equal for all who compete. */
  readonly result: () => unknown
  readonly warmUp: () => Promise<unknown>
  readonly sample: () => Promise<Sample>
}

/** What one round of one contestant measures, by what is measured. */
export type Sample = Readonly<Record<string, number>>

/** The contestants that a file exports as `contestants`, made only in the process that runs one of them. */
export type Contestants = Readonly<Record<string, () => Contestant>>

export interface Options {
  /** How often all start afresh: two processes of one program differ more than two rounds of one process. */
  readonly processes: number
  /** How many rounds each of these makes, of a ratio each. */
  readonly rounds: number
  readonly flags?: ReadonlyArray<string>
}

const entry = fileURLToPath(new URL("contestant.ts", import.meta.url))

const answer = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a contestant ended with code ${code}`))
    child.once("exit", ended)
    child.once("message", (message) => {
      child.off("exit", ended)
      resolve(message)
    })
  })

/** How often contestants alternate in a round, of which the best counts: what disturbs a turn only ever adds to it. */
const turns = 5

const lowest = (a: Sample, b: Sample): Sample =>
  Object.fromEntries(Object.entries(b).map(([what, value]) => [what, Math.min(value, a[what] ?? Infinity)]))

/** Lets contestants of a file take turns, and gives the samples of each by round. */
export const compete = async <Name extends string>(
  file: string,
  names: ReadonlyArray<Name>,
  options: Options
): Promise<(name: Name, what: string) => ReadonlyArray<number>> => {
  const samples = new Map<Name, Array<Sample>>(names.map((name) => [name, []]))
  for (let process = 0; process < options.processes; process++) {
    const children = names.map((name) =>
      fork(entry, [file, name], {
        execArgv: ["--expose-gc", ...(options.flags ?? [])],
        serialization: "advanced"
      })
    )
    try {
      const results: Array<unknown> = []
      for (const child of children) results.push(await answer(child))
      for (const [i, result] of results.entries()) {
        assert.deepEqual(result, results[0], `${names[i]} and ${names[0]} give different results`)
      }
      for (const child of children) {
        child.send("warm up")
        await answer(child)
      }
      for (let round = 0; round < options.rounds; round++) {
        const best = names.map((): Sample => ({}))
        for (let turn = 0; turn < turns; turn++) {
          // There and back, so that a machine that grows slower does so for the first as for the last.
          const order = turn % 2 === 0 ? [...children.keys()] : [...children.keys()].toReversed()
          for (const i of order) {
            children[i]!.send("sample")
            best[i] = lowest(best[i]!, (await answer(children[i]!)) as Sample)
          }
        }
        for (const [i, name] of names.entries()) samples.get(name)!.push(best[i]!)
      }
    } finally {
      for (const child of children) {
        child.disconnect()
        // One that has timers left would go on for ever.
        child.kill()
      }
    }
  }
  return (name, what) => samples.get(name)!.map((sample) => sample[what]!)
}

/**
 * Lets contestants of a file take turns, each turn in a process that is started for it and runs alone, and gives the samples of
 * each by round: for work that takes seconds, or leaves traces in its process.
 */
export const competeFreshly = async <Name extends string>(
  file: string,
  names: ReadonlyArray<Name>,
  options: { readonly rounds: number; readonly env: Readonly<Record<string, string>> }
): Promise<(name: Name, what: string) => ReadonlyArray<number>> => {
  const samples = new Map<Name, Array<Sample>>(names.map((name) => [name, []]))
  let first: { readonly name: Name; readonly result: unknown } | undefined
  for (let round = 0; round < options.rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const child = fork(entry, [file, name], {
        execArgv: ["--expose-gc"],
        env: { ...process.env, ...options.env },
        serialization: "advanced"
      })
      try {
        const result = await answer(child)
        first ??= { name, result }
        assert.deepEqual(result, first.result, `${name} and ${first.name} give different results`)
        child.send("warm up")
        await answer(child)
        child.send("sample")
        samples.get(name)!.push((await answer(child)) as Sample)
      } finally {
        child.disconnect()
        // One that has connections or timers left would go on beside the next.
        child.kill()
      }
    }
  }
  return (name, what) => samples.get(name)!.map((sample) => sample[what]!)
}

const allowsCodeGeneration: boolean = (() => {
  try {
    return new Function("return true")() as boolean
  } catch {
    return false
  }
})()

const batch = 512
/** Nanoseconds for one sample: short, so that contestants take turns before the machine's load changes. */
const budget = 10e6

/** mitata generates the code of its loop; where that is not allowed, this takes the same batches. */
const batches = (f: () => void): number => {
  const samples: Array<number> = []
  for (let spent = 0; spent < budget || samples.length < 12;) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < batch; i += 4) {
      f()
      f()
      f()
      f()
    }
    const time = Number(process.hrtime.bigint() - start)
    spent += time
    samples.push(time / batch)
  }
  return samples.sort((a, b) => a - b)[samples.length >> 2]!
}

/** A contestant that takes nanoseconds: `time` in nanoseconds and `heap` in bytes, for each call. */
export const quick = <A>(inputs: ReadonlyArray<A>, f: (input: A) => unknown): Contestant => {
  // Results are kept for a while, or the compiler would not make them; inputs change, or it would make them once.
  const kept: Array<unknown> = Array.from({ length: 1024 })
  const mask = inputs.length - 1
  assert.equal(inputs.length & mask, 0, "the number of inputs is a power of two")
  let turn = 0
  const call = (): void => {
    kept[turn & 1023] = f(inputs[turn & mask]!)
    turn++
  }
  let heap = 0
  return {
    result: () => inputs.map((input) => f(input)),
    warmUp: async () => {
      // Before mitata sees it: its first call decides whether it takes batches.
      for (let i = 0; i < 50_000; i++) call()
      for (let i = 0; i < 5; i++) await timeOf(call)
      // Once is enough: it is the same in every turn.
      heap = await heapOf(call)
    },
    sample: async () => ({ time: await timeOf(call), heap })
  }
}

const timeOf = async (call: () => void): Promise<number> =>
  allowsCodeGeneration
    ? (await measure(call, { min_cpu_time: budget, batch_samples: batch, gc: false })).p25
    : batches(call)

const heapOf = async (call: () => void): Promise<number> => {
  if (!allowsCodeGeneration) return Number.NaN
  const options = { min_cpu_time: 4 * budget, batch_samples: batch, heap: () => getHeapStatistics().used_heap_size }
  return (await measure(call, options)).heap!.avg
}

/** A contestant that takes milliseconds: `cpu` in nanoseconds, user and system, with what collects the garbage, for each row. */
export const slow = (rows: number, times: number, run: () => Promise<ReadonlyArray<unknown>>): Contestant => {
  const sample = async (): Promise<Sample> => {
    globalThis.gc!()
    const start = process.cpuUsage()
    for (let i = 0; i < times; i++) await run()
    const { user, system } = process.cpuUsage(start)
    return { cpu: ((user + system) * 1000) / (rows * times) }
  }
  return {
    result: run,
    warmUp: async () => {
      const end = performance.now() + 300
      do await sample()
      while (performance.now() < end)
    },
    sample
  }
}
