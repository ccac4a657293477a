import { z } from "zod"

/** What somebody may ask the shop for. */
export const Id = z.coerce.number().int().positive()
export const Qty = z.object({ qty: z.int().positive() })
export const Payment = z.object({ paidBy: z.enum(["invoice", "card"]) })
