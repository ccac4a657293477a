import { main } from "../../../core/test/simulation/runner.ts"
import { outbox } from "./outbox.ts"

await main(outbox, import.meta.url)
