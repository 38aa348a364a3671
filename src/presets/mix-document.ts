/** The YAML of a mix: the text of the file that it began as, changed where the mix differs. */
import {
  Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
  YAMLMap,
  type YAMLSeq,
} from "yaml";
import { assert } from "../core/assert.ts";
import type { LoadConfig, MixConfig, TenantConfig } from "./mix.ts";
import { MIX_DEFAULTS } from "./mix-schema.ts";
import { tenantWithDefaults } from "./tenant-defaults.ts";
import { traceNameIn } from "./trace-name.ts";

export interface Original {
  readonly mix: MixConfig;
  readonly text: string;
}

/** Keys of a mix file but for its tenants, in the order in which new ones are written. */
const MIX_KEYS = {
  gpu: "gpu",
  policy: "policy",
  cfsPeriod: "cfsPeriodPackets",
  beChannelShare: "beChannelShare",
  seed: "seed",
} as const satisfies Readonly<Record<string, keyof MixConfig>>;

/** Those of a tenant but for its load. */
const TENANT_KEYS = {
  name: "name",
  class: "class",
  model: "model",
  batch: "batch",
  precision: "precision",
  nice: "nice",
  vramKiB: "vramKiB",
  smRequest: "smRequestPercent",
  smLimit: "smLimitPercent",
  sloMs: "sloMs",
  start: "startS",
  stop: "stopS",
} as const satisfies Readonly<Record<string, keyof TenantConfig>>;

/** What every tenant says of itself: all else has a default. */
const SAID: ReadonlySet<string> = new Set(["name", "class", "model"]);

type Plain = string | number | PlainMap;
interface PlainMap {
  readonly [key: string]: Plain;
}

/**
 * @param mix its traces by their absolute paths.
 * @param original what keeps its comments and order; null: there is nothing to keep.
 * @param directory of the file to be, where relative trace paths start.
 */
export function mixText(mix: MixConfig, original: Original | null, directory: string): string {
  const document = original === null ? freshDocument(mix) : parseDocument(original.text);
  expandAliases(document);
  const { contents } = document;
  assert(isMap(contents), "a mix is a map of keys");
  const before = original?.mix ?? { ...mix, ...MIX_DEFAULTS, gpu: mix.gpu, policy: mix.policy, tenants: [] };
  for (const [key, field] of Object.entries(MIX_KEYS)) {
    if (mix[field] !== before[field]) put(document, contents, key, mix[field], "tenants");
  }
  putTenants(document, contents, mix.tenants, before.tenants, directory);
  return document.toString({ lineWidth: 0 });
}

const freshDocument = ({ gpu, policy }: MixConfig): Document => new Document({ gpu, policy, tenants: [] });

/** What is written once and used twice would change in both places. */
function expandAliases(document: Document): void {
  let found = false;
  visit(document, {
    Alias: (_key, alias) => {
      found = true;
      return alias.resolve(document)?.clone() as Node | undefined;
    },
  });
  if (found) visit(document, { Value: (_key, node) => void delete node.anchor });
}

/** Sets a key; null removes it. A new one stands before `nextKey`, or at the end. */
function put(document: Document, map: YAMLMap, key: string, value: Plain | null, nextKey?: string): void {
  if (value === null) {
    map.delete(key);
    return;
  }
  const old = map.get(key, true) as unknown;
  if (isScalar(old) && typeof value !== "object") {
    // The comment behind it stays, its way of writing numbers does not.
    old.value = value;
    delete old.format;
    return;
  }
  const node = document.createNode(value, { flow: true });
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair !== undefined) {
    if (isMap(old) && old.comment) node.comment = old.comment;
    pair.value = node;
    return;
  }
  const next = map.items.findIndex((item) => isScalar(item.key) && item.key.value === nextKey);
  map.items.splice(next < 0 ? map.items.length : next, 0, document.createPair(key, node));
}

function putTenants(
  document: Document,
  contents: YAMLMap,
  tenants: readonly TenantConfig[],
  before: readonly TenantConfig[],
  directory: string,
): void {
  const list = contents.get("tenants", true) as unknown;
  assert(isSeq(list), "a mix has a list of tenants");
  const nodes = list.items as YAMLMap[];
  const isSpaced = before.length === 0 || nodes.some(({ spaceBefore }) => spaceBefore);
  const ordered = tenants.map((tenant): YAMLMap => {
    const index = before.findIndex(({ name }) => name === tenant.name);
    const node = nodes[index] ?? new YAMLMap(document.schema);
    putTenant(document, node, tenant, before[index] ?? null, directory);
    return node;
  });
  const [first] = nodes;
  if (first !== undefined && first !== ordered[0]) giveItsComment(list, first);
  for (const [index, node] of ordered.entries()) node.spaceBefore = index > 0 && isSpaced;
  list.items = ordered;
}

/** The comment above the first tenant is taken for the list's: where that tenant moves or goes, so does the comment. */
function giveItsComment(list: YAMLSeq, first: YAMLMap): void {
  if (list.commentBefore) first.commentBefore = list.commentBefore;
  list.commentBefore = null;
}

/** `before`: what the node says now; null: nothing. */
function putTenant(
  document: Document,
  node: YAMLMap,
  tenant: TenantConfig,
  before: TenantConfig | null,
  directory: string,
): void {
  const { name, class: tenantClass, model } = tenant;
  const implied = tenantWithDefaults({ name, class: tenantClass, model });
  for (const [key, field] of Object.entries(TENANT_KEYS)) {
    const isNew = before === null && (SAID.has(key) || tenant[field] !== implied[field]);
    if (isNew || (before !== null && tenant[field] !== before[field]))
      put(document, node, key, tenant[field], "load");
  }
  putLoad(document, node, tenant, before, directory);
}

function putLoad(
  document: Document,
  node: YAMLMap,
  { load, class: tenantClass }: TenantConfig,
  before: TenantConfig | null,
  directory: string,
): void {
  const old = node.get("load", true) as unknown;
  // The load that is implied is another one for another class.
  if (old === undefined && before?.class === tenantClass && same(before.load, load)) return;
  const written = isMap(old) ? old.get("trace") : undefined;
  const plain = plainLoad(load, typeof written === "string" ? written : undefined, directory);
  if (isMap(old) && before?.load.kind === load.kind) merge(document, old, plain);
  else put(document, node, "load", plain);
}

const same = (a: LoadConfig, b: LoadConfig): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A load as its keys say it. `written`: how its trace was named before. */
function plainLoad(load: LoadConfig, written: string | undefined, directory: string): PlainMap {
  switch (load.kind) {
    case "trace": {
      const trace = traceNameIn(load, directory, written);
      return load.stream === undefined ? { trace } : { trace, stream: load.stream };
    }
    case "closed": {
      const { inFlight, thinkMs } = load;
      return { closed: thinkMs === 0 ? { inFlight } : { inFlight, thinkMs } };
    }
    case "poisson":
    case "uniform":
      return { [load.kind]: { ratePerS: load.ratePerS } };
    case "clients":
      return { clients: {} };
  }
}

/** Makes the map say `plain`, touching only what differs. */
function merge(document: Document, map: YAMLMap, plain: PlainMap): void {
  for (const { key } of [...map.items])
    if (isScalar(key) && !(String(key.value) in plain)) map.delete(key.value);
  for (const [key, value] of Object.entries(plain)) {
    const old = map.get(key, true) as unknown;
    if (isMap(old) && typeof value === "object") merge(document, old, value);
    else if (!isScalar(old) || old.value !== value) put(document, map, key, value);
  }
}
