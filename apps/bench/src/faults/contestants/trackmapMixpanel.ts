import { Mixpanel } from "@trackmap/mixpanel"
import * as Redacted from "effect/Redacted"
import { tracked } from "./trackmap.ts"

export const contestant = tracked((endpoint) => Mixpanel.sink({ token: Redacted.make("project-token"), endpoint }))
