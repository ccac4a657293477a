/** The wire format of server-sent events, as the HTML standard defines it. */

/** One event of a stream. */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  /** The last id of the stream, which applies until the next one. */
  readonly id: string
}

/** A parser for one stream: accepts the text in pieces of any size, and returns the complete events. */
export const parser = (): ((piece: string) => Array<ServerSentEvent>) => {
  let rest = ""
  let event = ""
  let data: Array<string> = []
  let id = ""
  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    const events: Array<ServerSentEvent> = []
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) events.push({ event: event || "message", data: data.join("\n"), id })
        event = ""
        data = []
        continue
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line)!
      if (field === "event") event = value!
      else if (field === "data") data.push(value!)
      else if (field === "id") id = value!
    }
    return events
  }
}
