import { z } from "zod"

/** A time, which most libraries return as a Date. */
export const instant = z.date().transform((at) => at.toISOString())

const two = (value: number): string => String(value).padStart(2, "0")

/** A `date` column that arrives as a Date at midnight in the service's time zone. East of Greenwich, its ISO string is the day before. */
export const localDay = z
  .date()
  .transform((day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`)

/** A `date` column that arrives as a Date at midnight in UTC. */
export const utcDay = z.date().transform((day) => day.toISOString().slice(0, 10))

/** An int8 that arrives as a bigint, which JSON cannot represent. */
export const bigint = z.bigint().transform(String)

export const status = z.enum(["open", "placed"])

/** The content of a JSON column. Its schema tells vendors and colleagues what to expect. */
export const meta = z.object({ gift: z.boolean(), tags: z.array(z.string()) })

/** The columns of an order that most libraries return in the same types. */
export const common = { id: z.int(), weight: z.string(), placedAt: instant, status, meta }
