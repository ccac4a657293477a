export * as Segment from "./Segment.ts"
