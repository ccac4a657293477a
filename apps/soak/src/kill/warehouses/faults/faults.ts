import { disks } from "./disk.ts"
import type { Fault } from "./fault.ts"

/** All scenarios. */
export const faults: ReadonlyArray<Fault> = [...disks]
