import type { Naming } from "../options.ts"

/** How a sink without options but its vendor names schemas. */
export const namingOf = (vendor: string, versions: Naming["versions"] = {}): Naming => ({
  vendor,
  version: "1-0-0",
  versions,
  events: {},
  entities: {}
})
