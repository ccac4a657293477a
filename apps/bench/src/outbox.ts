/** The questions about the outbox. Each takes less than a minute on a quiet machine. */
import { enqueue } from "./outbox/enqueue.ts"
import { queues } from "./outbox/queues.ts"
import { relays } from "./outbox/relays.ts"
import type { Question } from "./Report.ts"

export const questions: ReadonlyArray<Question> = [enqueue, relays, queues]
