import { main } from "../test/child.ts"
import { suite } from "../test/suite.ts"
import { start } from "./server.ts"

suite("a Hono server", ({ options }, shop) => start(options, shop && { shop }), {
  here: true,
  child: ({ env }) => main("hono", env)
})
