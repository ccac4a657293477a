import { main } from "../test/child.ts"
import { suite } from "../test/suite.ts"
import { start } from "./server.ts"

suite("an Express server", ({ options }, shop) => start(options, shop && { shop }), {
  here: true,
  child: ({ env }) => main("express", env)
})
