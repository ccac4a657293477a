import * as assert from "node:assert/strict"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { getHeapStatistics } from "node:v8"
import { measure } from "mitata"

/** One way to do the work. Each is measured in its own process, so that no other way spoils its type feedback. */
export interface Contestant {
  /** The result of the work, which must be equal for all contestants. */
  readonly result: () => unknown
  readonly warmUp: () => Promise<unknown>
  readonly sample: () => Promise<Sample>
}

/** The figures of one contestant in one round, by name. */
export type Sample = Readonly<Record<string, number>>

/** The contestants that a file exports as `contestants`, made only in the process that runs one of them. */
export type Contestants = Readonly<Record<string, () => Contestant>>

export interface Options {
  /** How often all contestants restart: two processes of one program differ more than two rounds of one process. */
  readonly processes: number
  /** The number of rounds in each process. Each round gives one ratio. */
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

/** How many turns each contestant gets in a round. The best counts: a disturbance only ever makes a turn slower. */
const turns = 5

const lowest = (a: Sample, b: Sample): Sample =>
  Object.fromEntries(Object.entries(b).map(([what, value]) => [what, Math.min(value, a[what] ?? Infinity)]))

/** Lets the contestants of a file take turns, and returns the samples of each by round. */
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
          // There and back, so that a machine that slows down affects the first as much as the last.
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
        if (child.connected) child.disconnect()
        // Timers would keep the process alive forever.
        child.kill()
      }
    }
  }
  return (name, what) => samples.get(name)!.map((sample) => sample[what]!)
}

/**
 * Lets the contestants of a file take turns, each turn in a new process that runs alone, and returns the samples of each by round:
 * for work that takes seconds, or leaves traces in its process.
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
        if (child.connected) child.disconnect()
        // Connections or timers would keep the process running beside the next one.
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

/** mitata generates the code of its loop. If that is not allowed, this runs the same batches. */
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

/** A contestant whose calls take nanoseconds: `time` in nanoseconds and `heap` in bytes, for each call. */
export const quick = <A>(inputs: ReadonlyArray<A>, f: (input: A) => unknown): Contestant => {
  // Results are kept and inputs change, so that the compiler cannot skip calls or make only one.
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
      // Warm up before mitata sees it: mitata's first call decides whether to run batches.
      for (let i = 0; i < 50_000; i++) call()
      for (let i = 0; i < 5; i++) await timeOf(call)
      // Once is enough: it does not change between turns.
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

/** A contestant that takes milliseconds: `cpu` in nanoseconds for each row, user and system, including garbage collection. */
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
