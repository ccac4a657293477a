import { judged, type Simulation } from "../../../core/test/simulation/simulation.ts"
import { openModel } from "./databases.ts"
import { generate } from "./generate.ts"
import type { History } from "./history.ts"
import { check } from "./laws.ts"
import type { Program, Step } from "./program.ts"
import { smaller } from "./smaller.ts"
import { prepareFile } from "./sqlite.ts"
import * as statistics from "./statistics.ts"
import { run } from "./world.ts"

/** Steps that open the database in one more process. */
const opening: ReadonlySet<Step["_tag"]> = new Set([
  "killService",
  "startRelay",
  "replay",
  "erase",
  "remove",
  "rename",
  "sweep"
])

/** The processes of a program: those of its steps, the first service, the last relay, and the last operator. */
const processesOf = ({ fibers }: Program): number => fibers.flat().filter(({ _tag }) => opening.has(_tag)).length + 3

export const outbox: Simulation<Program, History> = {
  title: "the outbox, whose processes can die",
  generate,
  judge: async (program) => {
    const open = program.database === "sqlite" ? await prepareFile(processesOf(program)) : openModel
    return judged(() => run(program, open), check)
  },
  smaller,
  statisticsOf: statistics.of
}
