import * as Config from "effect/Config"

/** The settings in the environment. */
export const settings = Config.all({
  servers: Config.option(Config.String("NATS_SERVERS")),
  stream: Config.option(Config.String("NATS_STREAM")),
  subject: Config.option(Config.String("NATS_SUBJECT")),
  creds: Config.option(Config.Redacted("NATS_CREDS")),
  nkey: Config.option(Config.Redacted("NATS_NKEY")),
  token: Config.option(Config.Redacted("NATS_TOKEN")),
  user: Config.option(Config.String("NATS_USER")),
  password: Config.option(Config.Redacted("NATS_PASSWORD"))
})
