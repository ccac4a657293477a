import { format } from "node:util"
import { fn, spyOn } from "@vitest/spy"

// The parts of vitest that the tests of `@trackmap/node` use, for runtimes without vitest.

export { assert } from "chai"

type Body = (...args: ReadonlyArray<any>) => unknown

interface Test {
  readonly title: string
  readonly body: Body
}

const hooks = ["beforeAll", "beforeEach", "afterEach", "afterAll"] as const

interface Group extends Readonly<Record<(typeof hooks)[number], Array<Body>>> {
  readonly title: string
  readonly children: Array<Group | Test>
}

const groupOf = (title: string): Group => ({
  title,
  children: [],
  beforeAll: [],
  beforeEach: [],
  afterEach: [],
  afterAll: []
})

/** The group to which `describe` and `it` add. */
let current = groupOf("")

const within = <A>(group: Group, register: () => A): A => {
  const outer = current
  current = group
  try {
    return register()
  } finally {
    current = outer
  }
}

const titleOf = (title: string, args: ReadonlyArray<unknown>): string =>
  format(title, ...args.slice(0, title.match(/%[a-z]/gi)?.length ?? 0))

/** Adds `skipIf` and `each`, which work alike for `it` and `describe`. */
const withCases = (add: (title: string, body: Body) => void) =>
  Object.assign((title: string, ...rest: ReadonlyArray<unknown>) => add(title, bodyOf(rest)), {
    skipIf:
      (isSkipped: boolean) =>
      (title: string, ...rest: ReadonlyArray<unknown>) => {
        if (!isSkipped) add(title, bodyOf(rest))
      },
    each:
      (cases: ReadonlyArray<unknown>) =>
      (title: string, ...rest: ReadonlyArray<unknown>) => {
        for (const one of cases) {
          const args: ReadonlyArray<unknown> = Array.isArray(one) ? one : [one]
          add(titleOf(title, args), () => bodyOf(rest)(...args))
        }
      }
  })

/** Options come before the body, or a time limit after it. */
const bodyOf = (rest: ReadonlyArray<unknown>): Body => rest.find((one) => typeof one === "function") as Body

export const it = withCases((title, body) => current.children.push({ title, body }))
export const describe = withCases((title, body) => {
  const group = groupOf(title)
  current.children.push(group)
  within(group, body)
})
export const [beforeAll, beforeEach, afterEach, afterAll] = hooks.map(
  (hook) => (body: Body) => void current[hook].push(body)
) as [(body: Body) => void, (body: Body) => void, (body: Body) => void, (body: Body) => void]

const globals = new Map<string, PropertyDescriptor | undefined>()

export const vi = {
  fn,
  spyOn,
  // Supports only real timers.
  useRealTimers: (): void => {},
  stubGlobal: (name: string, value: unknown): void => {
    if (!globals.has(name)) globals.set(name, Object.getOwnPropertyDescriptor(globalThis, name))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  },
  unstubAllGlobals: (): void => {
    for (const [name, descriptor] of globals) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, descriptor)
    }
    globals.clear()
  }
}

export interface Results {
  readonly passed: Array<string>
  readonly failed: Array<readonly [title: string, why: string]>
}

const runHooks = async (bodies: ReadonlyArray<Body>): Promise<void> => {
  for (const body of bodies) await body()
}

const tooLate = (): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("It did not end within 30 seconds")), 30_000))

const whyOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : format(error))

const runTest = async ({ body }: Test, path: ReadonlyArray<Group>): Promise<void> => {
  try {
    await runHooks(path.flatMap(({ beforeEach }) => beforeEach))
    await Promise.race([body(), tooLate()])
  } finally {
    await runHooks(path.toReversed().flatMap(({ afterEach }) => afterEach))
  }
}

const runGroup = async (
  path: ReadonlyArray<Group>,
  isLeftOut: (title: string) => boolean,
  results: Results
): Promise<void> => {
  const group = path.at(-1)!
  await runHooks(group.beforeAll)
  for (const child of group.children) {
    if ("children" in child) {
      await runGroup([...path, child], isLeftOut, results)
      continue
    }
    const title = [...path.slice(1), child].map((part) => part.title).join(" > ")
    if (isLeftOut(title)) continue
    await runTest(child, path).then(
      () => results.passed.push(title),
      (error: unknown) => results.failed.push([title, whyOf(error)])
    )
  }
  await runHooks(group.afterAll)
}

/** Runs the tests of a file, which registers them when it is imported. */
export const run = async (file: () => Promise<unknown>, isLeftOut: (title: string) => boolean): Promise<Results> => {
  const all = groupOf("")
  current = all
  const results: Results = { passed: [], failed: [] }
  try {
    await file()
    await runGroup([all], isLeftOut, results)
  } catch (error) {
    results.failed.push(["", whyOf(error)])
  }
  return results
}
