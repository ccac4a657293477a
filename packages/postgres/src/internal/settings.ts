import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  url: Config.Redacted("POSTGRES_URL"),
  schema: Config.withDefault(Config.String("POSTGRES_SCHEMA"), "trackmap_events")
})
