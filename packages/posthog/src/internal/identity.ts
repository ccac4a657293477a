import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import { reasonAgainstId } from "./limits.ts"

const checked = (name: string, id: string): string => Encoder.accepted(id, reasonAgainstId(name, id))

/** The distinct id of a message. Refuses ids that PostHog would not accept. */
export const distinctIdOf = (message: Message.Message, groupType: string): string => {
  const { anonymousId, type, userId } = message
  if (type === "group" && message.groupId === "") Encoder.refuse("the groupId is empty")
  if (type === "alias") checked("previousId", message.previousId)
  if (type === "identify" && userId && anonymousId) checked("anonymousId", anonymousId)
  if (userId) return checked("userId", userId)
  if (anonymousId) return checked("anonymousId", anonymousId)
  if (type !== "group") return Encoder.refuse("the message has neither a userId nor an anonymousId")
  // Without a user, PostHog's own libraries make an id of the group.
  return checked("groupId with its type", `$${groupType}_${message.groupId}`)
}
