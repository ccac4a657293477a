import { OutboxError } from "../OutboxError.ts"

export const notStarted = (sink: string): OutboxError =>
  new OutboxError({
    operation: "claim",
    reason: `the sink ${JSON.stringify(sink)} has not started`,
    remedy: "call OutboxStore's start with its name, once",
    transient: false
  })
