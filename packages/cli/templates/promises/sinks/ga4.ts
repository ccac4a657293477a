import { Console } from "@trackmap/console"
import { GA4 } from "@trackmap/ga4"
import { Redacted } from "@trackmap/node"

const apiSecret = process.env["GA4_API_SECRET"]
const measurementId = process.env["GA4_MEASUREMENT_ID"] ?? ""

/** Google Analytics if GA4_API_SECRET is set, otherwise this terminal. */
export const sink =
  apiSecret === undefined ? Console.sink() : GA4.sink({ measurementId, apiSecret: Redacted.make(apiSecret) })
