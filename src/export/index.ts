/** What a view becomes outside the console. */
export { csv } from "./csv.ts";
export * from "./report/markdown.ts";
export {
  type SnapshotDocument,
  snapshotDocument,
  snapshotJsonSchema,
  snapshotSchema,
} from "./snapshot-json.ts";
export { snapshotText } from "./snapshot-text.ts";
