import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  writeKey: Config.Redacted("SEGMENT_WRITE_KEY"),
  endpoint: Config.withDefault(Config.String("SEGMENT_ENDPOINT"), "us1"),
  gzip: Config.withDefault(Config.Boolean("SEGMENT_GZIP"), false)
})
