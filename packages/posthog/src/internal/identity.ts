import type * as Message from "@trackmap/core/Message"
import { reasonAgainstId } from "./limits.ts"

const wrong = (reason: string | undefined) => (reason === undefined ? undefined : { id: "", wrong: reason })

/** The distinct id of a message, and why PostHog would not accept one of its ids, if so. */
export const of = (message: Message.Message, groupType: string): { readonly id: string; readonly wrong?: string } => {
  const { anonymousId = "", type, userId = "" } = message
  if (type === "group" && message.groupId === "") return { id: "", wrong: "the groupId is empty" }
  const other = type === "alias" ? wrong(reasonAgainstId("previousId", message.previousId)) : undefined
  if (other !== undefined) return other
  if (userId !== "") {
    const isMerged = type === "identify" && anonymousId !== ""
    const reason = isMerged ? reasonAgainstId("anonymousId", anonymousId) : undefined
    return wrong(reasonAgainstId("userId", userId) ?? reason) ?? { id: userId }
  }
  if (anonymousId !== "") return wrong(reasonAgainstId("anonymousId", anonymousId)) ?? { id: anonymousId }
  if (type !== "group") return { id: "", wrong: "the message has neither a userId nor an anonymousId" }
  // Without a user, PostHog's own libraries make an id of the group.
  const id = `$${groupType}_${message.groupId}`
  return wrong(reasonAgainstId("groupId with its type", id)) ?? { id }
}
