import { describe } from "vitest"
import { missing, version } from "./natsServer.ts"

/** Tests that need a server. Without one, they are skipped, and say so. */
export const suite = (name: string, tests: () => void): void => {
  if (version === undefined) process.stderr.write(`skipped: ${name} of @trackmap/jetstream: ${missing}\n`)
  describe.skipIf(version === undefined)(name, tests)
}
