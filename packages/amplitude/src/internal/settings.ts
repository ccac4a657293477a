import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  apiKey: Config.Redacted("AMPLITUDE_API_KEY"),
  endpoint: Config.withDefault(Config.String("AMPLITUDE_ENDPOINT"), "us"),
  api: Config.withDefault(Config.Literals(["http", "batch"], "AMPLITUDE_API"), "http")
})
