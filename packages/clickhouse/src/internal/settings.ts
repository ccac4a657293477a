import * as Config from "effect/Config"
import * as Redacted from "effect/Redacted"

/** The settings in the environment. */
export const settings = Config.all({
  url: Config.String("CLICKHOUSE_URL"),
  database: Config.withDefault(Config.String("CLICKHOUSE_DATABASE"), "default"),
  user: Config.withDefault(Config.String("CLICKHOUSE_USER"), "default"),
  password: Config.withDefault(Config.Redacted("CLICKHOUSE_PASSWORD"), Redacted.make(""))
})
