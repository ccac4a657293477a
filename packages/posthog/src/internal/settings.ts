import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  projectKey: Config.Redacted("POSTHOG_PROJECT_KEY"),
  endpoint: Config.withDefault(Config.String("POSTHOG_ENDPOINT"), "us"),
  api: Config.withDefault(Config.Literals(["events", "batch"], "POSTHOG_API"), "events")
})
