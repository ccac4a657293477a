import { Amplitude } from "@trackmap/amplitude"
import * as Redacted from "effect/Redacted"
import { tracked } from "./trackmap.ts"

export const contestant = tracked((endpoint) => Amplitude.sink({ apiKey: Redacted.make("api-key"), endpoint }))
