import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  token: Config.Redacted("MIXPANEL_TOKEN"),
  endpoint: Config.withDefault(Config.String("MIXPANEL_ENDPOINT"), "us"),
  gzip: Config.withDefault(Config.Boolean("MIXPANEL_GZIP"), true)
})
