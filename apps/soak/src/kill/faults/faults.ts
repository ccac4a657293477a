import { copies } from "./copies.ts"
import { disks } from "./disk.ts"
import type { Fault } from "./fault.ts"
import { relays } from "./relays.ts"
import { server } from "./server.ts"
import { transactions } from "./transactions.ts"
import { vendors } from "./vendor.ts"
import { versions } from "./versions.ts"

/** All scenarios, with those first that take longest. */
export const faults: ReadonlyArray<Fault> = [
  ...server,
  ...disks,
  ...relays,
  ...transactions,
  ...copies,
  ...versions,
  ...vendors
]
