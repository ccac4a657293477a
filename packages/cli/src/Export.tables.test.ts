import { assert, describe, it } from "@effect/vitest"
import { type Description, Plan, PlanSupport } from "@trackmap/core"
import { Ajv2019, type ValidateFunction } from "ajv/dist/2019.js"
import * as fc from "fast-check"
import { parse } from "yaml"
import { anyPlan, lastFirst, orders } from "../../../fixtures/warehouse/anyPlan.ts"
import { bigQueryFields, dataContract, dbtSources } from "../test/tableSchemas.ts"
import { anyType } from "../test/types.ts"
import { Export } from "./index.ts"

const ajv = new Ajv2019({ strict: false })
const judges = {
  bigquery: ajv.compile(bigQueryFields),
  dbt: ajv.compile(dbtSources),
  odcs: ajv.compile(dataContract)
}

const accepted = (validate: ValidateFunction, value: unknown) => {
  assert.isTrue(validate(value), JSON.stringify(validate.errors?.slice(0, 3)))
  return value as any
}

/** A text of YAML, as readers of both versions read it. */
const readYaml = (text: string): unknown => {
  const [older, newer] = [parse(text, { version: "1.1" }), parse(text, { version: "1.2" })]
  assert.deepStrictEqual(older, newer)
  return newer
}

/** The columns of each table, by the format. */
const tablesOf = (plan: Description.Plan, settings = PlanSupport.noSettings) => {
  const names = (list: ReadonlyArray<{ readonly name: string }>) => list.map(({ name }) => name)
  const bigquery = Export.bigquery(plan, settings)
  const [source] = accepted(judges.dbt, readYaml(Export.dbt(plan, settings).files.get("sources.yml")!)).sources
  const contract = accepted(judges.odcs, readYaml(Export.odcs(plan, settings).files.get("contract.odcs.yaml")!))
  return {
    bigquery: Array.from(bigquery.files.values(), (text) => names(accepted(judges.bigquery, JSON.parse(text)))),
    dbt: source.tables.map(({ columns }: any) => names(columns)),
    odcs: contract.schema.map(({ properties }: any) => names(properties)),
    source,
    contract
  }
}

const planOf = (types: ReadonlyArray<Description.JsonType>): Description.Plan => ({
  format: 1,
  entities: [],
  events: [
    {
      name: "seen",
      purposes: [],
      nodes: [
        {
          path: "seen.properties",
          entity: "seen",
          to: "one",
          resolver: { _tag: "Row" },
          keys: types.map((type, at) => ({
            key: `key${at}`,
            path: `seen.key${at}`,
            attribute: `key${at}`,
            kind: "property",
            type,
            optional: at % 2 === 0,
            personal: at % 3 === 0
          }))
        }
      ]
    }
  ]
})

describe("formats that describe the sinks' tables", () => {
  it("have every key of plans with any names, and are what each tool takes", () => {
    fc.assert(
      fc.property(anyPlan, (made) => {
        const plan = Plan.describe(made)
        let tables: ReturnType<typeof tablesOf>
        try {
          tables = tablesOf(plan)
        } catch (error) {
          assert.match(String(error), /the table|the column/)
          return
        }
        plan.events.forEach(({ nodes }, at) => {
          const keys = nodes.flatMap(({ keys }) => keys.map(({ key }) => key))
          for (const columns of [tables.bigquery, tables.dbt, tables.odcs]) assert.includeMembers(columns[at]!, keys)
        })
        const names = plan.events.map(({ name }) => name)
        assert.deepStrictEqual(
          tables.contract.schema.slice(0, names.length).map((one: any) => one.name),
          names
        )
      }),
      { numRuns: 60, examples: [[orders]] }
    )
  })

  it("are what each tool takes for every type, and say what they do not have", () => {
    fc.assert(
      fc.property(fc.array(anyType, { minLength: 1, maxLength: 5 }), (types) => {
        const plan = planOf(types)
        tablesOf(plan)
        for (const { losses } of [Export.bigquery(plan), Export.dbt(plan), Export.odcs(plan)]) {
          for (const { key, name, what } of losses) {
            assert.strictEqual(name, "seen")
            assert.match(`${key}`, /^key\d$|^undefined$/)
            assert.isNotEmpty(what)
          }
        }
        types.forEach(({ _tag }, at) => {
          const lost = Export.dbt(plan).losses.some(({ key }) => key === `key${at}`)
          if (_tag === "Array" || _tag === "Object" || _tag === "Tuple") assert.isTrue(lost)
        })
      }),
      { numRuns: 80 }
    )
  })

  it("have the columns in the order of the lock file", () => {
    const { bigquery, dbt, odcs } = tablesOf(Plan.describe(orders), lastFirst)
    for (const [columns] of [bigquery, dbt, odcs])
      assert.deepStrictEqual(columns!.slice(8, 10), ["Order_status", "Order_id"])
  })

  it("say what the plan says of events and keys", () => {
    const { contract, source } = tablesOf(Plan.describe(orders), lastFirst)
    const [table] = source.tables
    assert.deepStrictEqual(
      [source.name, table.name, table.description],
      ["trackmap_events", "order_placed", "Somebody has ordered."]
    )
    const columns = Object.fromEntries(table.columns.map((column: any) => [column.name, column]))
    assert.deepStrictEqual(columns.Order_status, {
      name: "Order_status",
      description: 'One of "open", "paid".',
      data_type: "text",
      quote: true
    })
    assert.strictEqual(columns.Order_email.description, "Personal data.")
    const [order] = contract.schema
    assert.deepStrictEqual(order.customProperties, [{ property: "version", value: "1-2-3" }])
    const properties = Object.fromEntries(order.properties.map((one: any) => [one.name, one]))
    assert.deepStrictEqual(properties.Order_status, {
      name: "Order_status",
      logicalType: "string",
      quality: [{ type: "library", metric: "invalidValues", mustBe: 0, arguments: { validValues: ["open", "paid"] } }],
      required: true,
      physicalType: "text",
      description: 'One of "open", "paid".'
    })
    assert.deepInclude(properties.Order_email, { classification: "personal", required: true })
    const identifies = contract.schema.find((one: any) => one.name === "identifies")
    assert.deepInclude(identifies.properties.at(-1), { name: "tier", required: false }, "a call may leave out traits")
    assert.deepInclude(properties.message_id, { primaryKey: true, required: true })
  })

  it("write a text that dbt would read as a template so that dbt shows it as it is", () => {
    const plan = planOf([{ _tag: "Literals", values: ["{{ env_var('SECRET') }}", "{% raw %}"] }])
    const [source] = [tablesOf(plan).source]
    const [{ columns }] = source.tables
    assert.strictEqual(
      columns.at(-1).description,
      `Personal data. One of "{{ '{{' }} env_var('SECRET') }}", "{{ '{%' }} raw %}".`
    )
  })

  it("cut a description that is too long for BigQuery, and say so", () => {
    const plan = planOf([{ _tag: "Literals", values: ["x".repeat(2000)] }])
    tablesOf(plan)
    assert.deepInclude(Export.bigquery(plan).losses, {
      name: "seen",
      key: "key0",
      what: "the description after 1024 characters"
    })
  })

  it("refuse keys that are one column to BigQuery", () => {
    const { events, ...rest } = planOf([{ _tag: "Boolean" }, { _tag: "Boolean" }])
    const [event] = events
    const [node] = event!.nodes
    const [first] = node!.keys
    const keys = ["Id", "ID"].map((key) => Object.assign({}, first, { key }))
    const plan = { ...rest, events: [{ ...event!, nodes: [{ ...node!, keys }] }] }
    assert.throws(
      () => Export.bigquery(plan),
      /bigquery: the column "ID" of the table "seen" is the same as "Id" to BigQuery/
    )
  })
})
