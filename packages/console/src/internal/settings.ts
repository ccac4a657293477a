import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  format: Config.withDefault(Config.Literals(["pretty", "compact", "json"], "TRACKING_CONSOLE_FORMAT"), "pretty")
})
