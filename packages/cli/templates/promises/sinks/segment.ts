import { Console } from "@trackmap/console"
import { Redacted } from "@trackmap/node"
import { Segment } from "@trackmap/segment"

const key = process.env["SEGMENT_WRITE_KEY"]

/** Segment if SEGMENT_WRITE_KEY is set, otherwise this terminal. */
export const sink = key === undefined ? Console.sink() : Segment.sink({ writeKey: Redacted.make(key) })
