import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  measurementId: Config.String("GA4_MEASUREMENT_ID"),
  apiSecret: Config.Redacted("GA4_API_SECRET"),
  endpoint: Config.withDefault(Config.String("GA4_ENDPOINT"), "global"),
  validate: Config.withDefault(Config.Boolean("GA4_VALIDATE"), false)
})
