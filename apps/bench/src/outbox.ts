/** The questions about the outbox. */
import { backlog, snapshot } from "./outbox/backlog.ts"
import { enqueue } from "./outbox/enqueue.ts"
import { files } from "./outbox/files.ts"
import { queues } from "./outbox/queues.ts"
import { relays } from "./outbox/relays.ts"
import { wakes } from "./outbox/wakes.ts"
import type { Question } from "./Report.ts"

export const questions: ReadonlyArray<Question> = [enqueue, wakes, relays, backlog, snapshot, queues, files]
