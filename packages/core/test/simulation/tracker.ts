import { generate } from "./generate.ts"
import type { History } from "./history.ts"
import { check } from "./laws.ts"
import type { Program } from "./program.ts"
import { judged, type Simulation } from "./simulation.ts"
import { smaller } from "./smaller.ts"
import * as statistics from "./statistics.ts"
import { run } from "./world.ts"

export const tracker: Simulation<Program, History> = {
  title: "the tracker",
  generate,
  judge: (program) => judged(() => run(program), check),
  smaller,
  statisticsOf: statistics.of
}
