/** The sinks that a service can begin with. */

export interface Sink {
  /** What it is called where a person chooses. */
  readonly title: string
  /** The name of its module in its package, which is `@trackmap/` and the sink's name. */
  readonly module: string
  /** The variables of the environment that it needs. Without the first, events go to the terminal. */
  readonly variables: ReadonlyArray<string>
}

const sinkOf = (title: string, module: string, ...variables: ReadonlyArray<string>): Sink => ({
  title,
  module,
  variables
})

export const sinks = {
  console: sinkOf("This terminal", "Console"),
  segment: sinkOf("Segment", "Segment", "SEGMENT_WRITE_KEY"),
  mixpanel: sinkOf("Mixpanel", "Mixpanel", "MIXPANEL_TOKEN"),
  posthog: sinkOf("PostHog", "PostHog", "POSTHOG_PROJECT_KEY"),
  amplitude: sinkOf("Amplitude", "Amplitude", "AMPLITUDE_API_KEY"),
  snowplow: sinkOf("Snowplow", "Snowplow", "SNOWPLOW_ENDPOINT", "SNOWPLOW_VENDOR"),
  ga4: sinkOf("Google Analytics 4", "GA4", "GA4_API_SECRET", "GA4_MEASUREMENT_ID"),
  duckdb: sinkOf("A file of DuckDB", "DuckDB"),
  postgres: sinkOf("PostgreSQL", "Postgres", "POSTGRES_URL"),
  clickhouse: sinkOf("ClickHouse", "ClickHouse", "CLICKHOUSE_URL", "CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD")
} as const satisfies Readonly<Record<string, Sink>>

export type SinkName = keyof typeof sinks

export const sinkNames = Object.keys(sinks) as ReadonlyArray<SinkName>
