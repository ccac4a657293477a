/** Control characters, and those that break a line or change the direction of a text. */
const hidden = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/u
const allHidden = new RegExp(hidden.source, "gu")

/** Whether a text has a character that is not shown as one: a control character, a line break, half of a pair. */
export const hasHidden = (text: string): boolean => hidden.test(text)

const most = 500

/** A text of somebody else on one line, for a log or a terminal: without control characters, and cut after 500 characters. */
export const oneLine = (text: string): string => {
  const line = hidden.test(text) ? text.replace(allHidden, " ").trim() : text
  return line.length > most ? `${line.slice(0, most)}…` : line
}
