import { Console } from "@trackmap/console"
import { Snowplow } from "@trackmap/snowplow"

const endpoint = process.env["SNOWPLOW_ENDPOINT"]
const vendor = process.env["SNOWPLOW_VENDOR"] ?? "com.acme"

/** Snowplow's collector if SNOWPLOW_ENDPOINT is set, otherwise this terminal. */
export const sink = endpoint === undefined ? Console.sink() : Snowplow.sink({ endpoint, vendor })
