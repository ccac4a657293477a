export * as Snowplow from "./Snowplow.ts"
