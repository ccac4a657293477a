import { html } from "hono/html"
import type * as Records from "../Records.ts"
import type { Done } from "./session.ts"

/** A piece of HTML. Values put into it are escaped, unless they are HTML themselves. */
export type Html = ReturnType<typeof html>

const number = new Intl.NumberFormat("en")
export const coins = (price: number): Html => html`${number.format(price)}&nbsp;coins`
export const count = (value: number): string => number.format(value)

/** Text that users have written, isolated so that its direction does not affect the text around it. */
export const written = (text: string): Html => html`<bdi>${text}</bdi>`

/** Words for screen readers, after or before an element. */
export const aside = (text: string): Html => html`<span class="unseen"> ${text}</span>`
export const asideBefore = (text: string): Html => html`<span class="unseen">${text} </span>`

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect x='1' y='2' width='14' height='5' rx='1' fill='%231b7a4b'/%3E%3Crect x='3' y='7' width='10' height='8' fill='%232c9b63'/%3E%3C/svg%3E"

const sections = [
  ["/", "Order"],
  ["/catalogue", "Catalogue"],
  ["/orders", "My orders"],
  ["/vendors", "Vendors"]
] as const
export type Section = (typeof sections)[number][0]

const inspector = "/inspector/"

const flash = ({ events, messageId, sentence }: Done): Html => {
  if (events.length === 0) return html`<p class="flash" role="status">${sentence}</p>`
  const told = `${events.length === 1 ? "One event" : "Two events"}: `
  const names = events.map((name, index) => html`${index > 0 ? " and " : ""}<code>${name}</code>`)
  return html`<p class="flash" role="status">
    ${sentence}
    ${
      messageId === ""
        ? "Tracking is off: the shop was started with --untracked."
        : html`${told}${names}. <a href="${`${inspector}#event=${messageId}`}">See it in the inspector</a>`
    }
  </p>`
}

/** A whole page. Without a known buyer, it has no greeting. */
export const page = (options: {
  readonly title: string
  readonly section?: Section | undefined
  readonly buyer?: Records.Buyer | undefined
  readonly done?: Done | undefined
  readonly content: Html
}): string =>
  `${html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${options.title} · Pipeworks Wholesale</title>
        <link rel="icon" href="${icon}" />
        <link rel="stylesheet" href="/shop.css" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <div class="bar">
            <a class="brand" href="/">Pipeworks Wholesale</a>
            <nav aria-label="Shop">
              ${sections.map(
                ([href, name]) =>
                  html`<a href="${href}" ${href === options.section ? html`aria-current="page"` : ""}>${name}</a>`
              )}
              <a class="inspector" href="${inspector}">See events in the inspector</a>
            </nav>
          </div>
          ${
            options.buyer === undefined
              ? ""
              : html`<p class="who">
                  <span>${written(options.buyer.name)} of ${written(options.buyer.company)}</span>
                  <a href="/sign-in">Sign in as another buyer</a>
                </p>`
          }
        </header>
        <main id="content">${options.done === undefined ? "" : flash(options.done)} ${options.content}</main>
        <footer>A demo of Trackmap. It runs entirely on your machine.</footer>
      </body>
    </html>`}`

/** Links to the other pages of a list. */
export const pager = (
  { page, pages, total }: Pick<Records.Page<unknown>, "page" | "pages" | "total">,
  path: string,
  text: string
): Html => {
  if (pages === 1) return html`<p class="pager">${count(total)} in all</p>`
  const to = (number: number, label: string) => {
    const query = new URLSearchParams({ ...(text === "" ? {} : { q: text }), page: String(number) })
    return html`<a href="${`${path}?${query}`}">${label}</a>`
  }
  return html`<nav class="pager" aria-label="Pages">
    ${page > 1 ? to(page - 1, "Previous page") : ""} <span>Page ${page} of ${pages}, ${count(total)} in all</span> ${
      page < pages ? to(page + 1, "Next page") : ""
    }
  </nav>`
}

/** A field to search by name. */
export const search = (path: string, what: string, text: string): Html =>
  html`<form class="search" role="search" action="${path}" method="get">
    <label for="q">Search ${what} by name</label>
    <input id="q" name="q" type="search" value="${text}" maxlength="100" />
    <button>Search</button>
  </form>`
