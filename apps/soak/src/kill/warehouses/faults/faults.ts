import { disks } from "./disk.ts"
import type { Fault } from "./fault.ts"
import { processes } from "./processes.ts"

/** All scenarios. */
export const faults: ReadonlyArray<Fault> = [...disks, ...processes]
