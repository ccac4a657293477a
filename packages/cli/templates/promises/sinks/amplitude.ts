import { Console } from "@trackmap/console"
import { Redacted } from "@trackmap/node"
import { Amplitude } from "@trackmap/amplitude"

const key = process.env["AMPLITUDE_API_KEY"]

/** Amplitude if AMPLITUDE_API_KEY is set, otherwise this terminal. */
export const sink = key === undefined ? Console.sink() : Amplitude.sink({ apiKey: Redacted.make(key) })
