/** Measures one call in its own thread, so that values which core makes lazily, once, count as part of it. */
import { fileURLToPath } from "node:url"
import { parentPort, workerData } from "node:worker_threads"
import * as Fixture from "./fixture.ts"
import * as Lines from "./Lines.ts"

export interface Way {
  readonly name: "values" | "delivery"
  readonly definitions: boolean
}

const core = fileURLToPath(new URL("../../../../packages/core/src", import.meta.url))

const measure = <Definitions>({ call, define }: Fixture.Way<Definitions>, withDefinitions: boolean) => {
  if (withDefinitions) return Lines.of(core, () => call(define()))
  const definitions = define()
  return Lines.of(core, () => call(definitions))
}

const { definitions, name } = workerData as Way
const lines = await (name === "values" ? measure(Fixture.values, definitions) : measure(Fixture.delivery, definitions))
parentPort!.postMessage(lines, [])
