import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Cli } from "../src/index.ts"

const to = (lines: Array<string>) => (line: unknown) => void lines.push(String(line))

/** Runs the command. Returns its exit code, and what it prints. */
export const trackmap = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const [out, err]: [Array<string>, Array<string>] = [[], []]
  const capturing = { ...globalThis.console, log: to(out), error: to(err) }
  const code = yield* Effect.provideService(Cli.program(args), Console.Console, capturing)
  return { code, out: out.join("\n"), err: err.join("\n") }
})
