import { Segment } from "@trackmap/segment"
import * as Redacted from "effect/Redacted"
import { tracked } from "./trackmap.ts"

export const contestant = tracked((endpoint) => Segment.sink({ writeKey: Redacted.make("write-key"), endpoint }))
