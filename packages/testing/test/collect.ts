import type { Runner } from "../src/Runner.ts"

/** Runs a suite's tests one after the other, those with these titles, and gives what each says when it fails. */
export const failures = async (
  register: (runner: Runner) => void,
  ...titles: ReadonlyArray<string>
): Promise<ReadonlyArray<readonly [title: string, message: string]>> => {
  const tests: Array<readonly [title: string, body: () => Promise<void>]> = []
  register({ describe: (_, body) => body(), it: (title, body) => tests.push([title, body]) })
  const failed: Array<readonly [title: string, message: string]> = []
  for (const [title, body] of tests) {
    if (!titles.includes(title)) continue
    try {
      await body()
    } catch (error) {
      failed.push([title, (error as Error).message])
    }
  }
  return failed
}
