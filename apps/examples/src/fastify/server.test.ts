import { main } from "../test/child.ts"
import { suite } from "../test/suite.ts"
import { start } from "./server.ts"

suite("a Fastify server", ({ options }, shop) => start(options, shop && { shop }), {
  here: true,
  child: ({ env }) => main("fastify", env)
})
