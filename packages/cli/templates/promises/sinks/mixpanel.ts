import { Console } from "@trackmap/console"
import { Redacted } from "@trackmap/node"
import { Mixpanel } from "@trackmap/mixpanel"

const key = process.env["MIXPANEL_TOKEN"]

/** Mixpanel if MIXPANEL_TOKEN is set, otherwise this terminal. */
export const sink = key === undefined ? Console.sink() : Mixpanel.sink({ token: Redacted.make(key) })
