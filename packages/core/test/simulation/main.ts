import { main } from "./runner.ts"
import { tracker } from "./tracker.ts"

await main(tracker, import.meta.url)
