import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  endpoint: Config.String("SNOWPLOW_ENDPOINT"),
  vendor: Config.String("SNOWPLOW_VENDOR"),
  appId: Config.withDefault(Config.String("SNOWPLOW_APP_ID"), undefined)
})
