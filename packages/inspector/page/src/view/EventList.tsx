/** The list of events, newest first. It draws only the visible rows. */
import {
  Virtualizer,
  type VirtualizerOptions,
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect
} from "@tanstack/virtual-core"
import { Component } from "preact"
import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks"
import type { EventSummary } from "../../../src/internal/protocol.ts"
import { keptOffset } from "../anchor.ts"
import { choose, cursor, cursorRow, following, inRow, moveBy, moveTo, revealed } from "../cursor.ts"
import { clock, counted } from "../format.ts"
import { opened } from "../opened.ts"
import { counts, rows } from "../state.ts"
import { stateNames } from "../story.ts"
import { Icon } from "./Icon.tsx"

const rowHeight = 46

/** The content of a row, redrawn only when its event has changed. */
class RowContent extends Component<{ readonly summary: EventSummary }> {
  override shouldComponentUpdate(next: { readonly summary: EventSummary }): boolean {
    return next.summary !== this.props.summary
  }

  override render() {
    const { actor, at, entities, keys, name, sinks, type, violations } = this.props.summary
    const about = [actor, type === "track" ? undefined : type, entities.join(", ")].filter(Boolean).join(" · ")
    return (
      <>
        <span class="row-line">
          <span class="row-name" title={name}>
            {name}
          </span>
          {violations > 0 && (
            <span class="row-violations" title={counted(violations, "violation")}>
              <Icon name="warning" />
              <span class="sr">{counted(violations, "violation")}</span>
            </span>
          )}
          <span class="row-keys">{counted(keys, "key")}</span>
          <span class="row-time">{clock(at)}</span>
        </span>
        <span class="row-line">
          <span class="row-about" title={about}>
            {about === "" ? type : about}
          </span>
          <span class="row-sinks">
            {sinks.map(({ attempts, sink, state }) => (
              <span key={sink} class="chip" data-state={state} title={`${sink}: ${stateNames[state]}`}>
                <Icon name={state} />
                {attempts > 1 && <span>{attempts}×</span>}
                <span class="chip-name">{sink}</span>
                <span class="sr"> {stateNames[state]}</span>
              </span>
            ))}
          </span>
        </span>
      </>
    )
  }
}

const listId = "event-list"

/** The list, if it is there. */
export const list = (): HTMLElement | null => document.getElementById(listId)

/** Focuses the list. */
export const focusList = (): void => list()?.focus()

/** The event of the row that contains this element. */
const summaryAt = (target: EventTarget | null) => {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-row]")?.dataset["row"] : undefined
  return row === undefined ? undefined : inRow(Number(row))
}

/** The list. */
export const EventList = () => {
  const element = useRef<HTMLDivElement>(null)
  const [, redraw] = useReducer((n: number) => n + 1, 0)
  const listed = rows.value
  const at = cursorRow()
  const openId = opened.value?.messageId
  const isPaused = counts.value.paused

  const options: VirtualizerOptions<HTMLDivElement, HTMLDivElement> = {
    count: listed.length,
    estimateSize: () => rowHeight,
    getScrollElement: () => element.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    overscan: 8,
    // Always draw the row at the cursor, so that `aria-activedescendant` can refer to it.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range)
      const row = cursorRow()
      return row === undefined || indexes.includes(row) ? indexes : [...indexes, row].sort((a, b) => a - b)
    },
    onChange: () => redraw(undefined)
  }
  const [virtualizer] = useState(() => new Virtualizer(options))
  virtualizer.setOptions(options)

  const drawn = useRef(listed)
  const moveScroll = useRef<number | undefined>(undefined)
  if (drawn.current !== listed) {
    const offset = element.current?.scrollTop ?? 0
    const view = { rowHeight, height: element.current?.clientHeight ?? 0 }
    const kept = following.peek() ? 0 : keptOffset(drawn.current, listed, offset, view, cursor.peek()?.seq)
    drawn.current = listed
    if (kept !== offset) {
      // Scroll now: at the next scroll event, one frame would show the wrong rows.
      virtualizer.scrollOffset = kept
      moveScroll.current = kept
    }
  }

  // Where the page itself scrolled to, to distinguish it from the user's scrolling.
  const written = useRef<number | undefined>(undefined)
  const scrollTo = (offset: number) => {
    element.current!.scrollTop = offset
    written.current = element.current!.scrollTop
  }

  useLayoutEffect(() => virtualizer._didMount(), [virtualizer])
  useLayoutEffect(() => {
    virtualizer._willUpdate()
    if (moveScroll.current !== undefined) scrollTo(moveScroll.current)
    moveScroll.current = undefined
  })

  const follows = following.value
  useLayoutEffect(() => {
    if (follows && element.current!.scrollTop > 0) scrollTo(0)
  }, [follows])

  const reveal = revealed.value
  const done = useRef(0)
  useLayoutEffect(() => {
    if (reveal === done.current || at === undefined) return
    done.current = reveal
    const { clientHeight, scrollTop } = element.current!
    const top = at * rowHeight
    if (top < scrollTop) scrollTo(top)
    else if (top + rowHeight > scrollTop + clientHeight) scrollTo(top + rowHeight - clientHeight)
  })

  const pressed = useRef<EventSummary | undefined>(undefined)
  const page = () => Math.max(1, Math.floor((element.current?.clientHeight ?? 0) / rowHeight) - 1)
  const byKey: Readonly<Record<string, () => void>> = {
    ArrowDown: () => moveBy(1),
    ArrowUp: () => moveBy(-1),
    PageDown: () => moveBy(page()),
    PageUp: () => moveBy(-page()),
    Home: () => moveTo(0),
    End: () => moveTo(listed.length - 1),
    Enter: () => {
      const summary = at === undefined ? undefined : inRow(at)
      if (summary === undefined) return
      if (summary.messageId === openId) document.getElementById("event-heading")?.focus()
      else choose(summary)
    }
  }

  return (
    <div
      ref={element}
      id={listId}
      class="list"
      role="listbox"
      aria-label={isPaused ? "Events, paused" : "Events"}
      aria-activedescendant={at === undefined ? undefined : `event-${String(inRow(at)!.seq)}`}
      tabindex={0}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(byKey, event.key)) return
        event.preventDefault()
        byKey[event.key]!()
      }}
      // The user means the row that was pressed, even if another has since moved under the pointer.
      onPointerDown={(event) => (pressed.current = summaryAt(event.target))}
      onClick={(event) => {
        const summary = pressed.current ?? summaryAt(event.target)
        pressed.current = undefined
        if (summary !== undefined) choose(summary)
      }}
      onScroll={({ currentTarget: { scrollTop } }) => {
        if (written.current !== undefined && Math.abs(scrollTop - written.current) < 1) return
        written.current = undefined
        following.value = scrollTop < 2
      }}
    >
      <div role="presentation" class="list-inner" style={{ height: `${String(virtualizer.getTotalSize())}px` }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const summary = listed[listed.length - 1 - index]
          if (summary === undefined) return null
          return (
            <div
              key={summary.messageId}
              id={`event-${String(summary.seq)}`}
              role="option"
              class={index === at ? "row row-at" : "row"}
              data-row={index}
              aria-selected={summary.messageId === openId}
              aria-posinset={index + 1}
              aria-setsize={listed.length}
              style={{ transform: `translateY(${String(start)}px)` }}
            >
              <RowContent summary={summary} />
            </div>
          )
        })}
      </div>
    </div>
  )
}
