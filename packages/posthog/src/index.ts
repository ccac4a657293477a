export * as PostHog from "./PostHog.ts"
