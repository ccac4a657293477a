import type { Tracker } from "@trackmap/core"
import { html } from "hono/html"
import type * as Records from "../Records.ts"
import { CancelReason } from "../tracking/events.ts"
import { aside, asideBefore, coins, count, type Html, pager, search, written } from "./layout.ts"

const statuses: Readonly<Record<Records.Order["status"], string>> = {
  open: "Open",
  placed: "Placed",
  shipped: "Shipped",
  cancelled: "Cancelled"
}

const status = (order: Records.Order): Html =>
  html`<span class="status ${order.status}">${statuses[order.status]}</span>`

const quantityOf = (line: Records.Line, orderId: number): Html =>
  html`<form action="/orders/${orderId}/lines/${line.id}/quantity" method="post">
    <label for="qty-${line.id}">Quantity${aside(`of ${line.name}`)}</label>
    <input id="qty-${line.id}" name="qty" type="number" min="1" max="9999" required value="${line.qty}" />
    <button>Change${aside(`quantity of ${line.name}`)}</button>
  </form>`

const lineOf = (line: Records.Line, order: Records.Order): Html =>
  html`<li class="line">
    <div class="what">
      <a href="/products/${line.productId}">${written(line.name)}</a>
      <small>${line.sku} · ${line.manufacturer} · ${coins(line.price)} each</small>
    </div>
    ${
      order.status === "open"
        ? html`${quantityOf(line, order.id)} <span class="sum">${coins(line.qty * line.price)}</span>
            <form action="/orders/${order.id}/lines/${line.id}/remove" method="post">
              <button class="quiet">Remove${aside(line.name)}</button>
            </form>`
        : html`<span class="qty">× ${count(line.qty)}</span> <span class="sum">${coins(line.qty * line.price)}</span>`
    }
  </li>`

const act = (action: string, label: string, text: string): Html =>
  html`<form class="act" action="${action}" method="post">
    <p>${text}</p>
    <button>${label}</button>
  </form>`

const actsOf = (order: Records.Order): Html => {
  const path = `/orders/${order.id}`
  if (order.status === "open") {
    return order.lines === 0
      ? html`<p>Your order is empty. <a href="/catalogue">Browse the catalogue</a></p>`
      : html`<section class="acts" aria-label="What you can do">
          ${act(`${path}/place`, "Place this order", "Send it to the warehouse.")}
        </section>`
  }
  if (order.status !== "placed") return html``
  return html`<section class="acts" aria-label="What can be done">
    ${act(`${path}/ship`, "Ship this order", "You act as the warehouse: the event is the warehouse's, not yours.")}
    <form class="act" action="${path}/cancel" method="post">
      <p>
        <label for="reason">Reason</label>
        <select id="reason" name="reason">
          ${CancelReason.literals.map((reason) => html`<option>${reason}</option>`)}
        </select>
      </p>
      <button class="quiet">Cancel this order</button>
    </form>
  </section>`
}

export const order = (order: Records.Order, lines: ReadonlyArray<Records.Line>): Html =>
  html`<h1>Order ${order.id} ${status(order)}</h1>
    ${
      order.status === "open" && lines.length > 0
        ? html`<p>Change a quantity and see the event: one call tracks the line, its product and its order.</p>`
        : ""
    }
    ${
      lines.length === 0
        ? ""
        : html`<ul class="lines" aria-label="Lines">
              ${lines.map((line) => lineOf(line, order))}
            </ul>
            <p class="total">
              ${lines.length < order.lines ? `The first ${lines.length} of ${count(order.lines)} lines. ` : ""}Total:
              <strong>${coins(order.total)}</strong>
            </p>`
    }
    ${actsOf(order)}`

export const orders = (found: Records.Page<Records.Order>, company: string): Html =>
  html`<h1>My orders</h1>
    <p>All orders of ${written(company)}.</p>
    ${
      found.total === 0
        ? html`<p>No orders yet. <a href="/catalogue">Browse the catalogue</a></p>`
        : html`<table>
              <thead>
                <tr>
                  <th scope="col">Order</th>
                  <th scope="col">Status</th>
                  <th scope="col" class="number">Lines</th>
                  <th scope="col" class="number">Total in coins</th>
                </tr>
              </thead>
              <tbody>
                ${found.rows.map(
                  (order) =>
                    html`<tr>
                      <th scope="row"><a href="/orders/${order.id}">${asideBefore("Order")}${order.id}</a></th>
                      <td>${status(order)}</td>
                      <td class="number">${count(order.lines)}</td>
                      <td class="number">${count(order.total)}</td>
                    </tr>`
                )}
              </tbody>
            </table>
            ${pager(found, "/orders", "")}`
    }`

export const catalogue = (found: Records.Page<Records.Product>, text: string): Html =>
  html`<h1>Catalogue</h1>
    ${search("/catalogue", "products", text)}
    ${found.total === 0 ? html`<p>No product matches “${written(text)}”.</p>` : ""}
    <ul class="lines" aria-label="Products">
      ${found.rows.map(
        (product) =>
          html`<li class="line">
            <div class="what">
              <a href="/products/${product.id}">${written(product.name)}</a>
              <small>${product.sku} · ${product.manufacturer}</small>
            </div>
            <span class="sum">${coins(product.price)}</span>
            <form action="/lines" method="post">
              <input type="hidden" name="product" value="${product.id}" />
              <label for="add-${product.id}">Quantity${aside(`of ${product.name}`)}</label>
              <input id="add-${product.id}" name="qty" type="number" min="1" max="9999" required value="1" />
              <button>Add${aside(`${product.name} to the order`)}</button>
            </form>
          </li>`
      )}
    </ul>
    ${pager(found, "/catalogue", text)}`

export const product = (product: Records.Product): Html =>
  html`<h1>${written(product.name)}</h1>
    <p>${product.sku} · ${product.manufacturer} · ${coins(product.price)}</p>
    <form class="act" action="/lines" method="post">
      <input type="hidden" name="product" value="${product.id}" />
      <p>
        <label for="qty">Quantity</label>
        <input id="qty" name="qty" type="number" min="1" max="9999" required value="1" />
      </p>
      <button>Add to the order</button>
    </form>
    <section class="acts" aria-labelledby="price-list">
      <h2 id="price-list">The manufacturer’s price list</h2>
      <p>You stand in for ${product.manufacturer}: the events are its own, not yours.</p>
      <form class="act" action="/products/${product.id}/name" method="post">
        <p>
          <label for="name">Name</label>
          <input id="name" name="name" required maxlength="200" value="${product.name}" />
        </p>
        <button>Rename</button>
      </form>
      <form class="act" action="/products/${product.id}/price" method="post">
        <p>
          <label for="price">Price in coins</label>
          <input id="price" name="price" type="number" min="1" max="9999999" required value="${product.price}" />
        </p>
        <button>Change price</button>
      </form>
    </section>`

export const buyers = (found: Records.Page<Records.Buyer>, text: string, signedIn: number): Html =>
  html`<h1>Sign in as another buyer</h1>
    ${search("/sign-in", "buyers", text)} ${found.total === 0 ? html`<p>No buyer matches “${written(text)}”.</p>` : ""}
    <ul class="lines" aria-label="Buyers">
      ${found.rows.map(
        (buyer) =>
          html`<li class="line">
            <div class="what">
              ${written(buyer.name)}
              <small>Buyer ${buyer.id}, for ${buyer.company}</small>
              ${
                buyer.id === 0
                  ? html`<small
                      >Her id is 0, which Mixpanel does not accept as a user, so the sink rejects her events.</small
                    >`
                  : ""
              }
            </div>
            ${
              buyer.id === signedIn
                ? html`<strong>Signed in</strong>`
                : html`<form action="/sign-in" method="post">
                    <input type="hidden" name="buyer" value="${buyer.id}" />
                    <button>Sign in${aside(`as ${buyer.name}, buyer ${buyer.id}`)}</button>
                  </form>`
            }
          </li>`
      )}
    </ul>
    ${pager(found, "/sign-in", text)}`

/** The vendors, and the results of their deliveries. */
export interface VendorState {
  readonly name: string
  readonly title: string
  readonly standIn: { readonly address: string; readonly key: string; readonly failing: boolean } | undefined
  readonly file: string | undefined
  readonly metrics: Tracker.SinkMetrics | undefined
}

const figures = ["delivered", "buffered", "rejected", "expired", "dropped", "attempts"] as const
const figureNames: Readonly<Record<(typeof figures)[number], string>> = {
  delivered: "Delivered",
  buffered: "Waiting",
  rejected: "Rejected",
  expired: "Expired",
  dropped: "Dropped",
  attempts: "Attempts"
}

const standInOf = ({ file, name, standIn, title }: VendorState): Html => {
  if (file !== undefined)
    return html`<p>
      The file <code>${file}</code>. Ask it on the <a href="/inspector/#explore">inspector's tab Explore</a>.
    </p>`
  if (standIn === undefined) return html``
  const { address, failing, key } = standIn
  return html`<p>
      A server on this machine, <code>${address}</code>, unless <code>${key}</code> is set. It is
      <strong>${failing ? "failing: it responds with 503" : "working"}</strong>.
    </p>
    <form action="/vendors/${name}" method="post">
      <input type="hidden" name="state" value="${failing ? "working" : "failing"}" />
      <button>${failing ? `Repair ${title}` : `Break ${title}`}</button>
    </form>`
}

/** `areKept`: whether the shop's database keeps messages for as long as a vendor fails. */
export const vendors = (states: ReadonlyArray<VendorState>, areKept: boolean): Html =>
  html`<h1>Vendors</h1>
    <p>
      Break one, change something, and watch the receipts:
      ${
        areKept
          ? "the shop's database keeps the vendor's messages until it works again."
          : "the shop retries its messages for six seconds, and then they expire."
      }
      Neither the shop nor the other vendor waits for it. <a href="/vendors">Refresh the counts</a>
    </p>
    ${states.map(
      (vendor) =>
        html`<section class="vendor" aria-labelledby="vendor-${vendor.name}">
          <h2 id="vendor-${vendor.name}">${vendor.title}</h2>
          ${standInOf(vendor)}
          ${
            vendor.metrics === undefined
              ? html`<p>Tracking is off.</p>`
              : html`<dl>
                  ${figures.map(
                    (figure) =>
                      html`<div>
                        <dt>${figureNames[figure]}</dt>
                        <dd>${count(vendor.metrics![figure])}</dd>
                      </div>`
                  )}
                </dl>`
          }
        </section>`
    )}`

export const problem = (title: string, sentence: string): Html =>
  html`<h1>${title}</h1>
    <p>${sentence}</p>
    <p><a href="/">Back to the order</a></p>`
