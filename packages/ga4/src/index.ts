export * as GA4 from "./GA4.ts"
