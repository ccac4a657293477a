import { disks } from "./disk.ts"
import type { Fault } from "./fault.ts"
import { hands } from "./hand.ts"
import { processes } from "./processes.ts"

/** All scenarios. */
export const faults: ReadonlyArray<Fault> = [...disks, ...processes, ...hands]
